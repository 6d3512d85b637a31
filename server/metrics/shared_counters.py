"""Numbers that several processes share, in memory that no file stands behind.

It is made before the fork. Each process writes one row and nobody else does, so that nothing is
lost between processes, and a process that takes the place of a dead one counts on from where that
one was. A row outlives its process; a read-only root file system is no hindrance.
"""

import mmap
from collections.abc import Sequence

_BYTES = 8


class SharedCounters:
    """`rows` of `cells` doubles each, all 0 at first."""

    def __init__(self, rows: int, cells: int) -> None:
        self._cells = cells
        self._memory = memoryview(mmap.mmap(-1, rows * cells * _BYTES)).cast("d")

    def row(self, number: int) -> "memoryview[float]":
        """The row of one process, to be written by it alone."""
        return self._memory[number * self._cells : (number + 1) * self._cells]

    def sums(self) -> Sequence[float]:
        """Each cell, summed over all rows."""
        numbers, cells = self._memory.tolist(), self._cells
        return [sum(numbers[cell::cells]) for cell in range(cells)]
