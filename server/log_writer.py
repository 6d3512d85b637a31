"""Writes log lines from a thread of its own, so that a reader that does not read delays nothing."""

import os
import select
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import TypeAlias

MAX_QUEUED_LINES = 5_000
"""A few megabytes; further lines are dropped."""

INTERVAL_SECONDS = 0.005
"""How long lines are collected after a write, since waking the thread for each would cost more."""

_BATCH_LINES = 100
"""How many lines are taken from the queue at a time, and do not count towards its limit."""

_Item: TypeAlias = bytes | threading.Event
"""A line, or an event to set once all lines before it are written."""


def _ignore(_lines: int) -> None:
    """Counts nothing."""


class LogWriter:
    """Writes lines to a file descriptor, in order. `write` never blocks.

    The descriptor is not set to non-blocking mode, since other processes may share it. The thread
    is started by the first line of a process, so that a process made by a fork has its own.

    Args:
        descriptor: The file descriptor to write to.
        report: Returns the line that says how many lines were dropped.
    """

    def __init__(self, descriptor: int, report: Callable[[int], bytes]) -> None:
        self._descriptor = descriptor
        self._report = report
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        """Starts with an empty queue; in a forked process, since its parent writes the lines."""
        self.on_dropped: Callable[[int], None] = _ignore
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._dropped = 0
        self._torn = False  # whether the last write ended within a line

    def write(self, line: bytes) -> None:
        """Queues a line, which ends with a line break, or drops it if the queue is full."""
        # Threads that log at the same time may exceed the limit by a line each.
        if self._queue.qsize() >= MAX_QUEUED_LINES:
            self.drop(1)
            return
        self._queue.put(line)
        if self._thread is None:
            self._start()

    def drop(self, lines: int) -> None:
        """Counts lines as dropped."""
        with self._lock:
            self._dropped += lines
        self.on_dropped(lines)

    def flush(self, timeout_seconds: float) -> bool:
        """Waits until all queued lines are written; False if the timeout is reached first."""
        if self._thread is None:
            return True
        written = threading.Event()
        self._queue.put(written)
        return written.wait(timeout_seconds)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            items = [self._queue.get()]
            items += [self._queue.get() for _ in range(min(self._queue.qsize(), _BATCH_LINES))]
            lost = 0
            for lines in _joined(item for item in items if isinstance(item, bytes)):
                lost += self._write(lines)
            if lost:
                self.drop(lost)
            elif self._dropped and self._queue.empty():
                self._report_dropped()
            for item in items:
                if isinstance(item, threading.Event):
                    item.set()
            if self._queue.qsize() < _BATCH_LINES:
                time.sleep(INTERVAL_SECONDS)

    def _write(self, lines: bytes) -> int:
        """Writes lines; returns how many of them could not be written."""
        written = 0
        try:
            if self._torn:
                os.write(self._descriptor, b"\n")
                self._torn = False
            while written < len(lines):
                written += os.write(self._descriptor, lines[written:])
        except OSError:  # no space, or no reader
            if written:
                self._torn = lines[written - 1 : written] != b"\n"
            return lines.count(b"\n", written)
        return 0

    def _report_dropped(self) -> None:
        with self._lock:
            count, self._dropped = self._dropped, 0
        if self._write(self._report(count)):
            with self._lock:
                self._dropped += count


def _joined(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Joins lines up to the size at which a pipe mixes what several processes write."""
    joined = b""
    for line in lines:
        if joined and len(joined) + len(line) > select.PIPE_BUF:
            yield joined
            joined = b""
        joined += line
    if joined:
        yield joined
