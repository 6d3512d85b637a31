"""A file and a terminal that receive log lines; programs write to their `descriptor`."""

import os
import tempfile
import tty
from pathlib import Path

READ_BYTES = 65_536


class LogFile:
    """An anonymous file, open until `close`."""

    def __init__(self) -> None:
        self.descriptor, path = tempfile.mkstemp()
        Path(path).unlink()

    def text(self) -> str:
        """Return everything written so far."""
        return os.pread(self.descriptor, os.fstat(self.descriptor).st_size, 0).decode()

    def close(self) -> None:
        """Close the descriptors."""
        os.close(self.descriptor)


class Terminal:
    """A pseudoterminal, open until `close`."""

    def __init__(self) -> None:
        self._reader, self.descriptor = os.openpty()
        tty.setraw(self.descriptor)

    def text(self) -> str:
        """Return what was written since the last call, waiting for at least one character."""
        return os.read(self._reader, READ_BYTES).decode()

    def close(self) -> None:
        """Close the descriptors."""
        os.close(self._reader)
        os.close(self.descriptor)
