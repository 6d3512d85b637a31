"""Progress of a long operation, reported to a callback."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with a description of the current step and the completed fraction, 0 to 1."""


def no_progress(_step: str, _fraction: float) -> None:
    """A Progress that ignores every report."""
