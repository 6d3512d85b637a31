"""Traces, as far as the use cases know of them; who keeps them is an adapter's affair.

A `traceparent` is that of https://www.w3.org/TR/trace-context/.
"""

from contextlib import AbstractContextManager
from typing import Literal, Protocol, Self

SpanKindName = Literal["server", "client", "producer"]


class Span(Protocol):
    """One piece of work within a trace."""

    @property
    def traceparent(self) -> str | None:
        """What the next in line gets, None without traces."""

    def rename(self, name: str) -> None:
        """Gives it another name, once it is known."""

    def set_attributes(self, **attributes: str | int) -> None:
        """Adds attributes, dots written as `__`: names of OpenTelemetry, never a secret."""

    def fail(self, code: str) -> None:
        """Says that it failed, by an error's code."""


class Tracer(Protocol):
    """Where spans go."""

    def span(
        self, name: str, kind: SpanKindName, traceparent: str | None = None
    ) -> AbstractContextManager[Span]:
        """A span for a `with`, within the one that `traceparent` names, else this thread's."""

    def close(self) -> None:
        """Sends what is left, within a few seconds."""


class _NoSpan:
    traceparent = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def rename(self, name: str) -> None:
        """Nobody hears it."""

    def set_attributes(self, **attributes: str | int) -> None:
        """Nobody hears it."""

    def fail(self, code: str) -> None:
        """Nobody hears it."""


_NO_SPAN = _NoSpan()


class NoTracer:
    """Keeps nothing."""

    def span(self, name: str, kind: SpanKindName, traceparent: str | None = None) -> _NoSpan:  # noqa: ARG002  (a Tracer's)
        """A span that nobody sees."""
        return _NO_SPAN

    def close(self) -> None:
        """There is nothing left."""


NO_TRACER = NoTracer()
