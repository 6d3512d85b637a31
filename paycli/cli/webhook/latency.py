"""Quantiles and a histogram of latencies."""

import math
from collections import Counter
from collections.abc import Sequence

_BUCKETS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_BAR_COLUMNS = 40
_QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}


def quantiles(sorted_ms: Sequence[float]) -> dict[str, float | None]:
    """Returns p50, p90, p99 and max of ascending latencies, by nearest rank."""
    return {
        name: round(sorted_ms[max(0, math.ceil(q * len(sorted_ms)) - 1)], 3) if sorted_ms else None
        for name, q in _QUANTILES.items()
    }


def histogram(latencies_ms: Sequence[float]) -> list[tuple[int | None, int]]:
    """Returns the non-empty buckets as (upper bound, count); None is above all bounds."""
    counts = Counter(
        next((bound for bound in _BUCKETS_MS if latency <= bound), None) for latency in latencies_ms
    )
    return [(bound, counts[bound]) for bound in (*_BUCKETS_MS, None) if counts[bound]]


def histogram_table(buckets: Sequence[tuple[int | None, int]]) -> str:
    """Returns a line with a bar for each bucket."""
    largest = max((count for _, count in buckets), default=1)
    return "".join(
        f"{'more' if bound is None else f'{bound} ms':>8} {count:>7} "
        f"{'#' * math.ceil(_BAR_COLUMNS * count / largest)}\n"
        for bound, count in buckets
    )
