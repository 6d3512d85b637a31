"""Pace: so many in a second and no more, whatever came before."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from paycli.pace import Pace


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

    pace = Pace(per_second, clock=lambda: now, sleep=sleep)
    passed = []
    for work in works:
        pace.wait()
        passed.append(now)
        now += work
    assert all(b - a >= 1 / per_second - 1e-9 for a, b in pairwise(passed))
