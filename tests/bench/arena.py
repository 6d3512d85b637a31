"""Where contestants are measured: a broker, one of them at a time, and what it uses meanwhile."""

import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import end_offsets, stream_records
from harness.ports import free_port

from . import load, usage
from .contestants import NO_STRIPE, Contestant, Place
from .load import Load, RateLimiter, Requests
from .oracle import judge
from .results import Phase
from .running import Running

DISTURBED_SHARE = 0.05
TRIES = 3


def say(line: str) -> None:
    """Tell how far it is, at once."""
    sys.stderr.write(f"{line}\n")


class Arena:
    """A broker and whoever stands in front of it.

    `beside` are programs that have a part in what is measured: what they use disturbs nobody.
    """

    def __init__(self, broker: KafkaBroker) -> None:
        self.broker = broker
        self.beside: list[Running] = []

    def place(self, stripe_url: str = NO_STRIPE) -> Place:
        """Return a free port and a fresh topic."""
        topic = f"bench.{uuid.uuid4().hex[:8]}"
        self.broker.create_topic(topic)
        self.broker.create_topic(f"{topic}.unreadable", 1)
        return Place(free_port(), self.broker.bootstrap_servers, topic, stripe_url)

    @contextmanager
    def running(self, contestant: Contestant, place: Place) -> Iterator[Running]:
        """Let a contestant run, and its records go when it is gone."""
        with Running(
            contestant.name,
            contestant.command(place),
            contestant.environment(place),
            place.port,
            contestant.ready_path,
        ) as server:
            yield server
        self.broker.delete_topic(place.topic)

    def webhooks(
        self,
        contestant: Contestant,
        place: Place,
        server: Running,
        pace: RateLimiter,
        sent: Requests,
    ) -> Phase:
        """Put one load of webhooks on it, and judge."""
        offsets = end_offsets(place.bootstrap_servers, place.topic)
        before = Before(self, server)
        done = load.send(server.address, sent, pace)
        phase = before.phase(contestant.name, pace.rate, done)
        if not contestant.judged:
            return phase
        records = stream_records(place.bootstrap_servers, place.topic, from_offsets=offsets)
        return replace(phase, problem=judge(done.accepted, records).reason)


class Before:
    """What all had used when a load began; `server` None: nobody's use is of interest."""

    def __init__(self, arena: Arena, server: Running | None) -> None:
        self._arena = arena
        self._server = server
        self._at = time.perf_counter()
        self._used = self._now()

    def _now(self) -> tuple[float, float, float]:
        server = self._server.cpu_seconds() if self._server else 0.0
        beside = sum(each.cpu_seconds() for each in self._arena.beside)
        broker = usage.cpu_seconds(self._arena.broker.process.pid)
        ours = server + beside + broker + usage.own_seconds()
        return server, ours, usage.machine_seconds()

    def phase(self, contestant: str, rate: float, done: Load) -> Phase:
        """Return what was measured since."""
        server, ours, machine = (
            after - before for after, before in zip(self._now(), self._used, strict=True)
        )
        count = done.succeeded
        available = (time.perf_counter() - self._at) * (os.cpu_count() or 1)
        return Phase(
            contestant=contestant,
            round=0,
            rate=rate,
            per_second=count / done.seconds if done.seconds else 0.0,
            times_ms=dict(done.times_ms),
            cpu_ms=1000 * server / count if self._server and count else None,
            answers=dict(done.answers),
            failures=dict(done.failures),
            late_ms=dict(done.late_ms),
            others_share=max(0.0, machine - ours) / available,
        )


def quietest(put: Callable[[], Phase]) -> Phase:
    """Put on a load, again if other programs disturbed, and return the least disturbed one."""
    phases: list[Phase] = []
    while len(phases) < TRIES and (not phases or phases[-1].others_share > DISTURBED_SHARE):
        phases.append(put())
        say(told(phases[-1]))
    least = min(phases, key=lambda phase: phase.others_share)
    return replace(least, problem=next((each.problem for each in phases if each.problem), None))


def told(phase: Phase) -> str:
    """Return a phase as one line."""
    load_ = f"{phase.rate:.0f}/s" if phase.rate else "max"
    times = "  ".join(f"{name} {phase.times_ms.get(name, 0):.2f}" for name in ("p50", "p99", "max"))
    cpu = "" if phase.cpu_ms is None else f"  cpu {phase.cpu_ms:.3f} ms"
    others = f"  others {phase.others_share:.0%}" if phase.others_share > DISTURBED_SHARE else ""
    answers = {status: count for status, count in phase.answers.items() if status[0] != "2"}
    trouble = phase.problem or ""
    if answers or phase.failures:
        trouble += f" {answers} {phase.failures}"
    rate = f"{phase.contestant:14} {phase.kind} {load_:>7} {phase.per_second:8.0f}/s"
    return f"{rate}  {times}{cpu}{others}  {trouble}"
