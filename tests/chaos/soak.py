"""A quiet, long run: whatever grows with the number of webhooks shows as a slope."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.sender import Delivery, send
from service import EVENTS, SECRET, daemon_settings

from .oracle import Expected, Verdict, judge, persisted
from .recording import Recording, Sampler
from .run import AS_STRIPE
from .webhooks import webhooks
from .world import NO_STRIPE, PARTITIONS, TOPIC

CLIENTS = 16
INTERVAL_SECONDS = 2.0
WARM_UP_SHARE = 0.25
LIMITS = {"memory": 3.0, "threads": 0.5, "descriptors": 2.0}
"""How much a figure may grow along its straight line after the warm-up: MiB, threads, files."""


@dataclass(frozen=True)
class Soak:
    """What came of it: `growth` of each figure along the straight line through its samples."""

    recording: Recording
    verdict: Verdict
    growth: dict[str, float]

    @property
    def kept(self) -> bool:
        """Whether nothing was lost and nothing has grown beyond its limit."""
        return self.verdict.kept and all(self.growth[name] <= LIMITS[name] for name in LIMITS)


def soak(minutes: float, rate_per_second: float, seed: int) -> Soak:
    """Send webhooks at a steady rate to one daemon on one broker, and watch the daemon."""
    expected: list[Expected] = []
    count = int(minutes * 60 * rate_per_second)
    with KafkaBroker() as broker:
        broker.create_topic(TOPIC, PARTITIONS)
        broker.create_topic(f"{TOPIC}.unreadable", 1)
        with Daemon(daemon_settings(NO_STRIPE, broker.bootstrap_servers, TOPIC)) as daemon:
            daemon.wait_ready()
            recording = Recording()
            process = Path(f"/proc/{daemon.pid}")
            figures = {
                "memory": daemon.rss_mib,
                "threads": lambda: _entries(process / "task"),
                "descriptors": lambda: _entries(process / "fd"),
            }
            with Sampler(recording, figures, INTERVAL_SECONDS):
                send(
                    _noted(count, seed, expected),
                    daemon.url + EVENTS,
                    clients=CLIENTS,
                    redelivery=AS_STRIPE,
                    rate_per_second=rate_per_second,
                    on_attempt=recording.attempts.append,
                )
        records = map(persisted, read_records(broker.bootstrap_servers, TOPIC))
        verdict = judge(expected, recording.attempts, records)
    growth = {name: growth_after_warm_up(recording.samples[name]) for name in figures}
    return Soak(recording, verdict, growth)


def growth_after_warm_up(samples: Sequence[tuple[float, float]]) -> float:
    """How much the line through the samples (seconds, figure) rises from warm-up to end."""
    first, last = samples[0][0], samples[-1][0]
    warm = first + WARM_UP_SHARE * (last - first)
    kept = [sample for sample in samples if sample[0] >= warm]
    line = statistics.linear_regression(*zip(*kept, strict=True))
    return line.slope * (last - warm)


def _noted(count: int, seed: int, expected: list[Expected]) -> Iterator[Delivery]:
    for webhook in webhooks(count, SECRET, seed):
        expected.append(webhook.expected)
        yield webhook.delivery


def _entries(folder: Path) -> float:
    return float(sum(1 for _ in folder.iterdir()))
