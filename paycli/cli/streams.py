"""Standard output and error that are closed, or on a disk that is full."""

import errno
import os
import sys
from typing import TextIO

from paycli.cli.output import print_message

_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EPIPE}


def open_closed_streams() -> None:
    """Opens standard output and error if they are closed, so that no file takes their numbers.

    Writing to standard output then fails, as the shell's `>&-` requests; messages are dropped.
    """
    if sys.stdout is None:
        sys.stdout = _opened(1, os.O_RDONLY)
    if sys.stderr is None:
        sys.stderr = _opened(2, os.O_WRONLY)


def report_write_failure(error: OSError) -> int:
    """Returns the exit code after a failure to write standard output, with a message.

    A broken pipe has no message: its reader has exited. Raises the error if it is another one.
    """
    if error.errno not in _UNWRITABLE or error.filename is not None:
        raise error
    _discard(sys.stdout)
    if error.errno != errno.EPIPE:
        try:
            print_message(f"error: the output can't be written: {error.strerror}")
        except OSError:  # it is on the same disk
            _discard(sys.stderr)
    return 1


def _discard(stream: TextIO) -> None:
    """Discards what is buffered: it must not fail again at the interpreter's exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _opened(descriptor: int, flags: int) -> TextIO:
    null = os.open(os.devnull, flags)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)
    return os.fdopen(descriptor, "w", encoding="utf-8", closefd=False)
