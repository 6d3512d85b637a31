"""Progress of a long command on standard error: one updated line on a terminal, else a log."""

import shutil
import sys
import time
from types import TracebackType
from typing import Self

from paycli.cli import terminal
from paycli.printable import printable

_DELAY_SECONDS = 1.0
_REDRAW_INTERVAL_SECONDS = 0.1
_LOG_INTERVAL_SECONDS = 10.0


class ProgressLine:
    """Prints the progress of steps that take longer than a second. A context manager."""

    def __init__(self) -> None:
        self._terminal = terminal.supports_control_sequences(sys.stderr)
        self._interval = _REDRAW_INTERVAL_SECONDS if self._terminal else _LOG_INTERVAL_SECONDS
        self._step = ""
        self._began_at = self._next_at = 0.0
        self._drawn = False

    def __call__(self, step: str, fraction: float) -> None:
        """Reports the completed fraction (0 to 1) of a step."""
        now = time.monotonic()
        if step != self._step:
            self._step, self._began_at = step, now
            self._next_at = now + (_DELAY_SECONDS if self._terminal else _LOG_INTERVAL_SECONDS)
        if now < self._next_at:
            return
        self._next_at = now + self._interval
        remaining = _format_remaining(now - self._began_at, fraction)
        self._write(f"{step} {fraction:4.0%}{remaining}")

    def clear(self) -> None:
        """Erases the line, so that the next message begins a line."""
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
        """Erases the line."""
        self.clear()

    def _write(self, line: str) -> None:
        line = printable(line)
        if not self._terminal:
            sys.stderr.write(f"{line}\n")
            return
        columns = shutil.get_terminal_size().columns
        # Carriage return, and the ECMA-48 sequence that erases the rest of the line.
        sys.stderr.write(f"\r{line[: columns - 1]}\x1b[K")
        sys.stderr.flush()
        self._drawn = True


def _format_remaining(elapsed_seconds: float, fraction: float) -> str:
    if fraction <= 0:
        return ""
    remaining_seconds = round(elapsed_seconds * max(0.0, 1 - fraction) / fraction)
    minutes, seconds = divmod(remaining_seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f", about {clock} left"
