"""A replay keeps its rate, and reports its progress, whatever the batches are."""

import time
from collections.abc import Iterable, Iterator, Sequence

import pytest

from paycli.models import StoredRecord
from paycli.ops.replay import ReplayBatch, batch_size, replay

RECORD = StoredRecord("t", 0, 0, None, None, None, ())


class FakePublisher:
    """Confirms all records after every second batch, and at the end."""

    def publish_all(
        self, batches: Iterable[Sequence[StoredRecord]], topic: str, *, keep_partitions: bool
    ) -> Iterator[int]:
        """Count the records."""
        assert (topic, keep_partitions) == ("t", False)
        persisted = 0
        for number, batch in enumerate(batches):
            persisted += len(batch)
            if number % 2:
                yield persisted
        yield persisted


@pytest.mark.parametrize("sizes", [[1] * 40, [20, 20], [1, 0, 39]])
def test_the_rate_is_kept_across_batches(sizes: list[int]) -> None:
    """At 200 records a second, 40 records take at least 39/200 s, however they are batched."""
    batches = [ReplayBatch([RECORD] * size, {0: number}) for number, size in enumerate(sizes)]
    started_at = time.monotonic()
    progress = list(replay(batches, FakePublisher(), "t", per_second=200))
    assert time.monotonic() - started_at >= 39 / 200
    assert progress[-1][0] == 40


def test_offsets_are_reported_once_their_records_are_persisted() -> None:
    """Not before; also for a batch without selected records; at the end all are reported."""
    batches = [
        ReplayBatch([RECORD] * 2, {0: 2, 1: 1}),
        ReplayBatch([], {1: 5}),
        ReplayBatch([RECORD], {0: 7}),
    ]
    progress = list(replay(batches, FakePublisher(), "t"))
    assert progress == [(2, {0: 2, 1: 5}), (3, {0: 7})]


@pytest.mark.parametrize(
    ("rate", "expected"), [(0.1, 1), (9, 1), (50, 5), (10_000, 100), (None, 100)]
)
def test_a_batch_takes_at_most_a_tenth_of_a_second(rate: float | None, expected: int) -> None:
    """Progress is reported soon at any rate; the smallest batch is one record."""
    assert batch_size(rate) == expected
