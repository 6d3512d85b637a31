"""A pipe for a program's standard error that is full after a few lines until it is read."""

import array
import fcntl
import os
import select
import termios
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

CAPACITY_BYTES = 4096
"""The smallest pipe that Linux has: pipe(7)."""

READ_BYTES = 65_536


class LogPipe:
    """A named pipe at `path` while the context lasts."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        os.mkfifo(self._path)
        self._reader = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(self._reader, fcntl.F_SETPIPE_SZ, CAPACITY_BYTES)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._reader)

    def command(self, command: Sequence[str]) -> list[str]:
        """Return the command that runs `command` with this pipe as its standard error."""
        return ["sh", "-c", 'exec "$@" 2>"$0"', str(self._path), *command]

    def fill(self) -> None:
        """Write empty lines until the pipe is full."""
        # Opened again, since the mode of a descriptor applies to all who share it.
        writer = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
        with suppress(BlockingIOError):
            while True:
                os.write(writer, b"\n")
        os.close(writer)

    def is_full(self) -> bool:
        """Return whether a write would wait for a read."""
        unread = array.array("i", [0])
        fcntl.ioctl(self._reader, termios.FIONREAD, unread)
        return unread[0] == CAPACITY_BYTES

    def read_to_end(self, timeout_seconds: float) -> str:
        """Return what is written until every writer has closed the pipe.

        Raises `TimeoutError` if nothing is written and a writer remains for that time.
        """
        received = bytearray()
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        while poll.poll(timeout_seconds * 1000):
            if not (chunk := os.read(self._reader, READ_BYTES)):
                return received.decode()
            received += chunk
        raise TimeoutError(f"no line and no end within {timeout_seconds} s")
