"""Files that a command writes: complete or not at all, and never through a symbolic link."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


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
