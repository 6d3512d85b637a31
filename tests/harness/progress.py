"""Lines that scripts print while they run."""

import sys


def print_line(line: str) -> None:
    """Write a line to standard output and flush it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
