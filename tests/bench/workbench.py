"""Where contestants are measured: a broker, one contestant at a time, and its resource usage."""

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
from .contestants import NO_STRIPE, Contestant, RunConfig
from .load import LoadProfile, LoadResult, Requests
from .oracle import check
from .results import Phase
from .running import Running

DISTURBED_SHARE = 0.05
MAX_TRIES = 3


def log(line: str) -> None:
    """Write a line about the progress to standard error."""
    sys.stderr.write(f"{line}\n")


class Workbench:
    """A broker and the contestant in front of it.

    `helpers` are programs that take part in the measurement; their usage is no disturbance.
    """

    def __init__(self, broker: KafkaBroker) -> None:
        self.broker = broker
        self.helpers: list[Running] = []

    def new_config(self, stripe_url: str = NO_STRIPE) -> RunConfig:
        """Return a free port and a new topic."""
        topic = f"bench.{uuid.uuid4().hex[:8]}"
        self.broker.create_event_topics(topic)
        return RunConfig(free_port(), self.broker.bootstrap_servers, topic, stripe_url)

    @contextmanager
    def running(self, contestant: Contestant, config: RunConfig) -> Iterator[Running]:
        """Run a contestant while the context lasts, then delete its topic."""
        with Running(
            contestant.name,
            contestant.command(config),
            contestant.environment(config),
            config.port,
            contestant.ready_path,
        ) as server:
            yield server
        self.broker.delete_topic(config.topic)

    def send_webhooks(
        self,
        contestant: Contestant,
        config: RunConfig,
        server: Running,
        profile: LoadProfile,
        requests: Requests,
    ) -> Phase:
        """Send one load of webhooks to a contestant and check its records."""
        offsets = end_offsets(config.bootstrap_servers, config.topic)
        before = UsageSnapshot(self, server)
        result = load.send(server.address, requests, profile)
        phase = before.phase(contestant.name, profile.rate, result)
        if not contestant.checked:
            return phase
        records = stream_records(config.bootstrap_servers, config.topic, from_offsets=offsets)
        return replace(phase, problem=check(result.accepted, records).problem)


class UsageSnapshot:
    """The resource usage when a load began; `server` is None if its own usage is not needed."""

    def __init__(self, workbench: Workbench, server: Running | None) -> None:
        self._workbench = workbench
        self._server = server
        self._at = time.perf_counter()
        self._used = self._now()

    def _now(self) -> tuple[float, float, float, float, float]:
        server = self._server.cpu_seconds() if self._server else 0.0
        helpers = sum(helper.cpu_seconds() for helper in self._workbench.helpers)
        broker = usage.cpu_seconds(self._workbench.broker.process.pid)
        sender = usage.own_seconds()
        return server, helpers, broker, sender, usage.machine_seconds()

    def phase(self, contestant: str, rate: float, result: LoadResult) -> Phase:
        """Return the load's result with the usage since this snapshot."""
        server, helpers, broker, sender, machine = (
            after - before for after, before in zip(self._now(), self._used, strict=True)
        )
        count = result.succeeded
        available = (time.perf_counter() - self._at) * (os.cpu_count() or 1)
        return Phase(
            contestant=contestant,
            round=0,
            rate=rate,
            responses_per_second=count / result.seconds if result.seconds else 0.0,
            times_ms=dict(result.times_ms),
            cpu_ms=1000 * server / count if self._server and count else None,
            responses=dict(result.responses),
            failures=dict(result.failures),
            late_ms=dict(result.late_ms),
            other_usage_share=max(0.0, machine - server - helpers - broker - sender) / available,
            broker_cpu_ms=1000 * broker / count if count else None,
            sender_cpu_ms=1000 * sender / count if count else None,
        )


def least_disturbed(measure: Callable[[], Phase]) -> Phase:
    """Measure again while other programs disturb, and return the least disturbed phase."""
    phases: list[Phase] = []
    while len(phases) < MAX_TRIES and (
        not phases or phases[-1].other_usage_share > DISTURBED_SHARE
    ):
        phases.append(measure())
        log(summary(phases[-1]))
    least = min(phases, key=lambda phase: phase.other_usage_share)
    return replace(least, problem=next((each.problem for each in phases if each.problem), None))


def summary(phase: Phase) -> str:
    """Return a phase as one line."""
    rate = f"{phase.rate:.0f}/s" if phase.rate else "max"
    times = "  ".join(f"{name} {phase.times_ms.get(name, 0):.2f}" for name in ("p50", "p99", "max"))
    cpu = "" if phase.cpu_ms is None else f"  cpu {phase.cpu_ms:.3f} ms"
    other = phase.other_usage_share
    disturbed = f"  others {other:.0%}" if other > DISTURBED_SHARE else ""
    errors = {status: count for status, count in phase.responses.items() if status[0] != "2"}
    problem = phase.problem or ""
    if errors or phase.failures:
        problem += f" {errors} {phase.failures}"
    start = f"{phase.contestant:14} {phase.kind} {rate:>7} {phase.responses_per_second:8.0f}/s"
    return f"{start}  {times}{cpu}{disturbed}  {problem}"
