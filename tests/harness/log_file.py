"""An open file that log lines go to, and a terminal: `descriptor` is what a program writes to."""

import os
import tempfile
import tty
from pathlib import Path

READ_BYTES = 65_536


class LogFile:
    """A file without a name, open until `close`."""

    def __init__(self) -> None:
        self.descriptor, path = tempfile.mkstemp()
        Path(path).unlink()

    def text(self) -> str:
        """Return all that was written so far."""
        return os.pread(self.descriptor, os.fstat(self.descriptor).st_size, 0).decode()

    def close(self) -> None:
        """Let it go."""
        os.close(self.descriptor)


class Terminal:
    """The same in a terminal."""

    def __init__(self) -> None:
        self._reader, self.descriptor = os.openpty()
        tty.setraw(self.descriptor)

    def text(self) -> str:
        """Return what was written since, at least a character; it waits for that."""
        return os.read(self._reader, READ_BYTES).decode()

    def close(self) -> None:
        """Let it go."""
        os.close(self._reader)
        os.close(self.descriptor)
