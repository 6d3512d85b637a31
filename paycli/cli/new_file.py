"""Files that a command writes: complete or not at all, and never through a symbolic link."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import typer


@contextmanager
def written_atomically(file: Path) -> Iterator[BinaryIO]:
    """Opens `FILE.part`, which takes the place of the file once it is complete.

    A rest of an earlier run is removed first. Others may write to the directory and put a symbolic
    link there, to have what it points to overwritten: the link is removed, or creating the file
    fails. A symbolic link at the file itself is replaced. Raises OSError.
    """
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    try:
        with os.fdopen(descriptor, "wb", buffering=1 << 20) as out:
            yield out
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def new_file_or_stdout(file: Path | None) -> Iterator[BinaryIO]:
    """Opens a file that appears once it is complete; without one, standard output.

    Raises BadParameter if the file exists or cannot be written.
    """
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if file.exists():
        raise typer.BadParameter(f"{file} already exists: name another, or remove it")
    try:
        with written_atomically(file) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be written: {error.strerror}") from error
