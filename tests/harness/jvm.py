"""Java programs that start quickly: compiled once, their classes read from an archive.

Most of a start is loading and verifying classes. With the archive of an earlier run (java(1),
`-XX:SharedArchiveFile`) a Kafka broker starts with a third of the processor time.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from .tools import cache_dir, installed

QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


def java(jars: Path, options: Sequence[str] = QUICK_START) -> list[str]:
    """Return the beginning of a command that runs a main class of these jars.

    It uses the archive of their classes, if there is one.
    """
    archive = _class_archive(jars)
    shared = [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []
    return ["java", *options, *shared, "-cp", f"{jars}/*"]


def archive_classes(jars: Path, run: Callable[[list[str]], None]) -> None:
    """Make the archive of the classes that a run loads, unless there is one.

    Args:
        jars: The directory of the jars.
        run: Starts the program with these options and stops it with SIGTERM.
    """
    archive = _class_archive(jars)
    if archive.exists():
        return
    part = archive.with_suffix(f".{os.getpid()}")
    run([*QUICK_START, f"-XX:ArchiveClassesAtExit={part}"])
    part.rename(archive)


def _class_archive(jars: Path) -> Path:
    # The JVM ignores the archive of another JVM or of other jars.
    program = installed("java").resolve()
    origin = f"{jars} {program} {program.stat().st_mtime_ns}"
    return cache_dir() / f"classes-{hashlib.sha256(origin.encode()).hexdigest()[:12]}.jsa"
