"""The plan of a run: its webhooks and faults, in an order that depends on the seed alone."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import broker_faults, clock, daemon_faults, link_faults
from .deployment import Deployment

Fault = Callable[[Deployment, random.Random], str]

FAULTS: dict[str, tuple[str, Fault]] = {
    "leader killed": ("brokers", broker_faults.kill_leader),
    "leader suspended": ("brokers", broker_faults.pause_leader),
    "broker wiped": ("brokers", broker_faults.wipe_broker),
    "link cut": ("brokers", link_faults.cut_link),
    "link held": ("brokers", link_faults.hold_link),
    "responses held": ("brokers", link_faults.hold_responses),
    "link delayed": ("brokers", link_faults.slow_link),
    "daemon killed": ("daemons", daemon_faults.kill_daemon),
    "daemon suspended": ("daemons", daemon_faults.pause_daemon),
    "clock shifted": ("daemons", daemon_faults.move_clock),
}
"""Each kind of fault with its track and its function; within a track faults do not overlap."""


@dataclass(frozen=True)
class Size:
    """The size of a run: webhooks, webhooks per second, and the number of faults of each kind."""

    webhooks: int
    rate_per_second: float
    faults: Mapping[str, int]


SHORT = Size(
    webhooks=2_400,
    rate_per_second=60,
    faults={
        "leader killed": 1,
        "leader suspended": 1,
        "link held": 1,
        "responses held": 1,
        "daemon killed": 2,
        "daemon suspended": 1,
        "clock shifted": 1,
    },
)
LONG = Size(
    webhooks=100_000,
    rate_per_second=120,
    faults={
        "leader killed": 52,
        "leader suspended": 12,
        "broker wiped": 4,
        "link cut": 4,
        "link held": 4,
        "responses held": 4,
        "link delayed": 4,
        "daemon killed": 24,
        "daemon suspended": 12,
        "clock shifted": 8,
    },
)


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A planned fault: it begins when webhook number `webhook` is sent, with a seed of its own."""

    kind: str
    webhook: int
    seed: int


def plan(size: Size, seed: int) -> list[PlannedFault]:
    """Return all faults in the order of their webhooks, in each track spread over the run.

    Clocks are shifted only if this machine can do it.
    """
    rng = random.Random(seed)
    planned = []
    for track in sorted({track for track, _ in FAULTS.values()}):
        kinds = [
            kind
            for kind, count in size.faults.items()
            for _ in range(count)
            if FAULTS[kind][0] == track and (kind != "clock shifted" or clock.available())
        ]
        rng.shuffle(kinds)
        step = size.webhooks / (len(kinds) + 1)
        for index, kind in enumerate(kinds, start=1):
            webhook = int(step * (index - rng.uniform(0, 0.5)))
            planned.append(PlannedFault(kind, webhook, rng.getrandbits(32)))
    return sorted(planned, key=lambda each: each.webhook)
