"""Splits lists into batches of bounded size."""

from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def batched(items: list[T], batch_size: int) -> Iterator[list[T]]:
    """Yields the items in order, in non-empty lists of at most `batch_size`."""
    for start in range(0, len(items), batch_size):
        yield items[start : start + batch_size]
