"""What a run does: so many webhooks and faults, in an order that the seed alone decides."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import broker_faults, clock, daemon_faults, link_faults
from .world import World

Fault = Callable[[World, random.Random], str]

KINDS: dict[str, tuple[str, Fault]] = {
    "leader killed": ("brokers", broker_faults.kill_leader),
    "leader paused": ("brokers", broker_faults.pause_leader),
    "broker wiped": ("brokers", broker_faults.wipe_broker),
    "link cut": ("brokers", link_faults.cut_link),
    "link held": ("brokers", link_faults.hold_link),
    "answers held": ("brokers", link_faults.hold_responses),
    "link slow": ("brokers", link_faults.slow_link),
    "daemon killed": ("daemons", daemon_faults.kill_daemon),
    "daemon paused": ("daemons", daemon_faults.pause_daemon),
    "clock moved": ("daemons", daemon_faults.move_clock),
}
"""Each kind of fault, what does it, and its track: within a track one follows the other."""


@dataclass(frozen=True)
class Size:
    """How long a run is: webhooks, webhooks a second, and how many faults of each kind."""

    webhooks: int
    rate_per_second: float
    faults: Mapping[str, int]


SHORT = Size(
    webhooks=4_000,
    rate_per_second=100,
    faults={
        "leader killed": 1,
        "leader paused": 1,
        "link held": 1,
        "answers held": 1,
        "daemon killed": 2,
        "daemon paused": 1,
        "clock moved": 1,
    },
)
LONG = Size(
    webhooks=100_000,
    rate_per_second=120,
    faults={
        "leader killed": 52,
        "leader paused": 12,
        "broker wiped": 4,
        "link cut": 4,
        "link held": 4,
        "answers held": 4,
        "link slow": 4,
        "daemon killed": 24,
        "daemon paused": 12,
        "clock moved": 8,
    },
)


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault to come: it begins when webhook number `webhook` is sent, and draws from `seed`."""

    kind: str
    webhook: int
    seed: int


def plan(size: Size, seed: int) -> list[Planned]:
    """All faults in the order of their webhooks, spread evenly over the run in each track.

    Clocks are moved only where that can be done.
    """
    chance = random.Random(seed)
    planned = []
    for track in sorted({track for track, _ in KINDS.values()}):
        kinds = [
            kind
            for kind, count in size.faults.items()
            for _ in range(count)
            if KINDS[kind][0] == track and (kind != "clock moved" or clock.available())
        ]
        chance.shuffle(kinds)
        step = size.webhooks / (len(kinds) + 1)
        for place, kind in enumerate(kinds, start=1):
            webhook = int(step * (place - chance.uniform(0, 0.5)))
            planned.append(Planned(kind, webhook, chance.getrandbits(32)))
    return sorted(planned, key=lambda each: each.webhook)
