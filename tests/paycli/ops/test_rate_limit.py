"""The rate limiter never exceeds its rate."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from paycli.ops.rate_limit import RateLimiter


@given(
    per_second=st.integers(1, 1000),
    durations=st.lists(st.floats(0, 5), min_size=2, max_size=50),
)
def test_the_rate_is_never_exceeded(per_second: int, durations: list[float]) -> None:
    """Between two calls there is at least the limiter's interval, also after long pauses."""
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    limiter = RateLimiter(per_second, clock=lambda: now, sleep=sleep)
    times = []
    for duration in durations:
        limiter.wait()
        times.append(now)
        now += duration
    assert all(b - a >= 1 / per_second - 1e-9 for a, b in pairwise(times))
