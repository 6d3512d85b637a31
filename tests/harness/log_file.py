"""An open file that log lines go to, and a terminal."""

import os
import tempfile
import tty
from types import TracebackType
from typing import Self

READ_BYTES = 65_536


class LogFile:
    """Open while the context lasts; `descriptor` is what a program writes to."""

    def __enter__(self) -> Self:
        self._file = tempfile.TemporaryFile()
        self.descriptor = self._file.fileno()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def text(self) -> str:
        """Return all that was written so far."""
        return os.pread(self.descriptor, os.fstat(self.descriptor).st_size, 0).decode()


class Terminal:
    """The same in a terminal."""

    def __enter__(self) -> Self:
        self._reader, self.descriptor = os.openpty()
        tty.setraw(self.descriptor)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._reader)
        os.close(self.descriptor)

    def text(self) -> str:
        """Return what was written since, at least a character; it waits for that."""
        return os.read(self._reader, READ_BYTES).decode()
