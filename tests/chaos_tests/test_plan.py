"""What a run does comes from its seed alone."""

import pytest

from chaos import clock
from chaos.plan import KINDS, LONG, SHORT, Size, plan
from chaos.webhooks import webhooks


@pytest.mark.parametrize("size", [SHORT, LONG])
def test_a_seed_is_a_plan(size: Size) -> None:
    """The same seed gives the same faults at the same webhooks, another one gives others."""
    assert plan(size, 7) == plan(size, 7)
    assert plan(size, 7) != plan(size, 8)


@pytest.mark.parametrize("size", [SHORT, LONG])
def test_every_fault_has_its_place(size: Size) -> None:
    """All faults of a size are planned, in order, and within the webhooks of the run."""
    planned = plan(size, 7)
    counts = {kind: sum(each.kind == kind for each in planned) for kind in size.faults}
    wanted = dict(size.faults) if clock.available() else {**size.faults, "clock moved": 0}
    assert counts == wanted
    assert [each.webhook for each in planned] == sorted(each.webhook for each in planned)
    assert planned[0].webhook > 0
    assert planned[-1].webhook < size.webhooks


def test_the_long_run_is_as_long_as_promised() -> None:
    """100,000 webhooks, at least 50 leaders killed, 20 processes paused, 20 daemons killed."""
    paused = LONG.faults["leader paused"] + LONG.faults["daemon paused"]
    assert LONG.webhooks == 100_000
    assert LONG.faults["leader killed"] >= 50
    assert paused >= 20
    assert LONG.faults["daemon killed"] >= 20
    assert LONG.faults.keys() == KINDS.keys()


def test_a_seed_is_a_load() -> None:
    """The same seed gives the same bytes and expectations; events are different from each other."""
    once, again = list(webhooks(200, "whsec_x", 7)), list(webhooks(200, "whsec_x", 7))
    assert once == again
    assert len({each.delivery.event_id for each in once}) == 200
    assert len({each.expected.fingerprint for each in once}) == 200
    assert once != list(webhooks(200, "whsec_x", 8))
