"""Numbers in anonymous memory that the daemon's processes share.

The memory is allocated before the fork. Each process writes only its own row, so that no update is
lost, and the process that replaces another one continues with that one's row. No file is needed, so
the root file system can be read-only.
"""

import mmap
from collections.abc import Sequence

_BYTES_PER_NUMBER = 8


class SharedCounters:
    """A table of doubles, `rows` by `columns`, initially 0."""

    def __init__(self, rows: int, columns: int) -> None:
        self._columns = columns
        self._numbers = memoryview(mmap.mmap(-1, rows * columns * _BYTES_PER_NUMBER)).cast("d")

    def row(self, number: int) -> "memoryview[float]":
        """Returns the writable row of one process."""
        return self._numbers[number * self._columns : (number + 1) * self._columns]

    def sums(self) -> Sequence[float]:
        """Returns the sum of each column over all rows."""
        numbers, columns = self._numbers.tolist(), self._columns
        return [sum(numbers[column::columns]) for column in range(columns)]
