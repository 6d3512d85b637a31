"""How far a long command has come, on standard error: one line on a terminal, few in a log."""

import shutil
import sys
import time
from types import TracebackType
from typing import Self

from paycli.cli import layout

_QUIET_SECONDS = 1.0
_REDRAW_SECONDS = 0.1
_LOG_SECONDS = 10.0


class ProgressLine:
    """Shows progress on a terminal, for a `with`; nothing for what takes less than a second."""

    def __init__(self) -> None:
        self._terminal = layout.moves_cursor(sys.stderr)
        self._pause = _REDRAW_SECONDS if self._terminal else _LOG_SECONDS
        self._what = ""
        self._began_at = self._next_at = 0.0
        self._drawn = False

    def __call__(self, what: str, part: float) -> None:
        """Tells that `part` (0 to 1) of what is being done is done."""
        now = time.monotonic()
        if what != self._what:
            self._what, self._began_at = what, now
            self._next_at = now + (_QUIET_SECONDS if self._terminal else _LOG_SECONDS)
        if now < self._next_at:
            return
        self._next_at = now + self._pause
        self._write(f"{what} {part:4.0%}{_left(now - self._began_at, part)}")

    def clear(self) -> None:
        """Takes the line away, so that what is said next begins a line."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Takes the line away."""
        self.clear()

    def _write(self, line: str) -> None:
        if not self._terminal:
            sys.stderr.write(f"{line}\n")
            return
        columns = shutil.get_terminal_size().columns
        # Carriage return, and "erase to the end of the line" of ECMA-48.
        sys.stderr.write(f"\r{line[: columns - 1]}\x1b[K")
        sys.stderr.flush()
        self._drawn = True


def _left(elapsed_seconds: float, part: float) -> str:
    if part <= 0:
        return ""
    left = round(elapsed_seconds * max(0.0, 1 - part) / part)
    minutes, seconds = divmod(left, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f", about {clock} left"
