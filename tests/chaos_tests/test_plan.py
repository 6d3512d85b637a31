"""A run depends on its seed alone."""

import pytest

from chaos import clock
from chaos.plan import FAULTS, LONG, SHORT, Size, plan
from chaos.webhooks import webhooks


@pytest.mark.parametrize("size", [SHORT, LONG])
def test_the_plan_depends_on_the_seed(size: Size) -> None:
    """The same seed gives the same faults at the same webhooks, another seed gives others."""
    assert plan(size, 7) == plan(size, 7)
    assert plan(size, 7) != plan(size, 8)


@pytest.mark.parametrize("size", [SHORT, LONG])
def test_every_fault_of_a_size_is_planned(size: Size) -> None:
    """All faults of a size are planned, in order and within the webhooks of the run."""
    planned = plan(size, 7)
    counts = {kind: sum(each.kind == kind for each in planned) for kind in size.faults}
    expected = dict(size.faults) if clock.available() else {**size.faults, "clock shifted": 0}
    assert counts == expected
    assert [each.webhook for each in planned] == sorted(each.webhook for each in planned)
    assert planned[0].webhook > 0
    assert planned[-1].webhook < size.webhooks


def test_the_long_run_has_its_documented_size() -> None:
    """100,000 webhooks; at least 50 leaders killed, 20 processes suspended, 20 daemons killed."""
    paused = LONG.faults["leader suspended"] + LONG.faults["daemon suspended"]
    assert LONG.webhooks == 100_000
    assert LONG.faults["leader killed"] >= 50
    assert paused >= 20
    assert LONG.faults["daemon killed"] >= 20
    assert LONG.faults.keys() == FAULTS.keys()


def test_the_webhooks_depend_on_the_seed() -> None:
    """The same seed gives the same bytes and expectations; all events differ."""
    once, again = list(webhooks(200, "whsec_x", 7)), list(webhooks(200, "whsec_x", 7))
    assert once == again
    assert len({each.delivery.event_id for each in once}) == 200
    assert len({each.expected.fingerprint for each in once}) == 200
    assert once != list(webhooks(200, "whsec_x", 8))
