"""Signals of the daemon, received through a pipe.

A signal handler in Python interrupts the main thread wherever it is, such as between taking a lock
and releasing it, and not at all while it is inside a library. With `signal.set_wakeup_fd` a signal
is a byte in a pipe, immediately, which an event loop or another thread reads.
"""

import os
import signal
from collections.abc import Iterable
from types import FrameType

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Each stops the daemon gracefully."""

_READ_BYTES = 512


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """Handles a signal; without a handler, nothing is written to the pipe."""


class SignalPipe:
    """Receives signals from its creation on; a process has one at a time, made by its main thread.

    SIGHUP stays ignored if the process was started so, as nohup does.
    """

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self.add(*numbers)

    def add(self, *numbers: signal.Signals) -> None:
        """Receives these signals too."""
        for number in numbers:
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _do_nothing)

    def fileno(self) -> int:
        """Returns a file descriptor that is readable when there are signals to read."""
        return self._reader

    def read(self) -> list[signal.Signals]:
        """Waits for signals, and returns them in the order in which they arrived."""
        return [signal.Signals(number) for number in os.read(self._reader, _READ_BYTES)]
