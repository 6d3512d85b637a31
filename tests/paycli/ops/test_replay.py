"""A replay keeps its pace, and says how far it has come, whatever the batches are."""

import time
from collections.abc import Iterable, Iterator, Sequence

import pytest

from paycli.models import StoredRecord
from paycli.ops.replay import Batch, at_once, replay

RECORD = StoredRecord("t", 0, 0, None, None, None, ())


class Publisher:
    """Takes everything at once, and tells it after every second batch, and at the end."""

    def publish_all(
        self, batches: Iterable[Sequence[StoredRecord]], topic: str, *, keep_partitions: bool
    ) -> Iterator[int]:
        """Count them."""
        assert (topic, keep_partitions) == ("t", False)
        persisted = 0
        for number, batch in enumerate(batches):
            persisted += len(batch)
            if number % 2:
                yield persisted
        yield persisted


@pytest.mark.parametrize("sizes", [[1] * 40, [20, 20], [1, 0, 39]])
def test_a_rate_is_kept_across_batches(sizes: list[int]) -> None:
    """At 200 a second 40 records take 0.2 s, less the first one's, one by one or together."""
    batches = [Batch([RECORD] * size, {0: number}) for number, size in enumerate(sizes)]
    began_at = time.monotonic()
    told = list(replay(batches, Publisher(), "t", per_second=200))
    assert time.monotonic() - began_at >= 39 / 200
    assert told[-1][0] == 40


def test_each_lane_is_told_as_far_as_it_is_persisted() -> None:
    """Not further, also where a batch had nothing that was wanted; at the end all are told."""
    batches = [
        Batch([RECORD] * 2, {0: 2, 1: 1}),
        Batch([], {1: 5}),
        Batch([RECORD], {0: 7}),
    ]
    told = list(replay(batches, Publisher(), "t"))
    assert told == [(2, {0: 2, 1: 5}), (3, {0: 7})]


@pytest.mark.parametrize(("rate", "most"), [(0.1, 1), (9, 1), (50, 5), (10_000, 100), (None, 100)])
def test_a_batch_takes_no_longer_than_a_record_or_a_tenth_of_a_second(
    rate: float | None, most: int
) -> None:
    """So that what has been published is told soon, however slow it is."""
    assert at_once(rate) == most
