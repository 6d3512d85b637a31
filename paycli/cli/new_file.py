"""Files that a command writes: complete or not at all, and never through a symbolic link."""

import errno
import fcntl
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import typer

_PRIVATE = 0o600


@contextmanager
def written_atomically(file: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Opens `FILE.part`, which takes the place of the file once it is complete.

    `mode` are its permissions, less those of the process's umask.

    A rest of an earlier run is removed first. Others may write to the directory and put a symbolic
    link there, to have what it points to overwritten: the link is removed, or creating the file
    fails. A symbolic link at the file itself is replaced. Raises OSError.
    """
    if not file.name:  # such as "" and "/", which with_name refuses
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "wb", buffering=1 << 20) as out:
            yield out
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def new_file_or_stdout(file: Path | None) -> Iterator[BinaryIO]:
    """Opens a file that appears once it is complete; without one, standard output.

    Raises BadParameter if the file exists, cannot be written or is `-`, as which other programs
    name standard output.
    """
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if file.name == "-":
        raise typer.BadParameter("- is not the name of a file: leave it out for standard output")
    if file.exists():
        raise typer.BadParameter(f"{file} already exists: name another, or remove it")
    try:
        with written_atomically(file) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be written: {error.strerror}") from error


@contextmanager
def new_private_file(file: Path) -> Iterator[BinaryIO]:
    """Like `written_atomically`, for a new file that only its owner can read, such as a secret.

    The name is reserved with an empty file, which is locked, and removed if the body fails; so two
    processes never write the same file. An empty one that a killed process left is taken over.
    Raises FileExistsError if there is anything else at its name, else OSError.
    """
    reservation = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _PRIVATE)
    try:
        _lock(reservation, file)
        try:
            with written_atomically(file, _PRIVATE) as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
        except BaseException:
            file.unlink(missing_ok=True)
            raise
    finally:
        os.close(reservation)


def is_reserved(file: Path) -> bool:
    """Whether the file is one that `new_private_file` has not written yet, or was killed before."""
    try:
        return _is_reservation(file.lstat())
    except OSError:
        return False


def _lock(reservation: int, file: Path) -> None:
    """Raises FileExistsError unless the open file is ours alone, and still at its name."""
    if not _is_reservation(os.fstat(reservation)):
        raise FileExistsError(errno.EEXIST, "there is a file of this name, which is not replaced")
    try:
        fcntl.flock(reservation, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise FileExistsError(errno.EEXIST, "another process is about to write it") from error
    if not file.exists() or not os.path.samestat(file.lstat(), os.fstat(reservation)):
        raise FileExistsError(errno.EEXIST, "another process has just changed it")


def _is_reservation(found: os.stat_result) -> bool:
    """Whether it is empty, and no other user can have opened it to read what will be written."""
    private = stat.S_ISREG(found.st_mode) and not stat.S_IMODE(found.st_mode) & ~_PRIVATE
    return private and found.st_size == 0 and found.st_uid == os.geteuid()
