"""RateLimiter: so many in a second and no more, whatever came before."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from paycli.ops.rate_limit import RateLimiter, batched


@given(
    per_second=st.integers(1, 1000),
    works=st.lists(st.floats(0, 5), min_size=2, max_size=50),
)
def test_never_faster_than_asked_for(per_second: int, works: list[float]) -> None:
    """Between two that pass lies the pace's interval at least, also after long pauses."""
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    pace = RateLimiter(per_second, clock=lambda: now, sleep=sleep)
    passed = []
    for work in works:
        pace.wait()
        passed.append(now)
        now += work
    assert all(b - a >= 1 / per_second - 1e-9 for a, b in pairwise(passed))


@given(things=st.lists(st.integers()), most=st.integers(1, 5))
def test_batches_are_the_things_few_at_a_time(things: list[int], most: int) -> None:
    """None is left out, none comes twice, the order stays, and no batch is empty."""
    batches = list(batched(things, most))
    assert [it for batch in batches for it in batch] == things
    assert all(0 < len(batch) <= most for batch in batches)
