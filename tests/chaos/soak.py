"""A long run without faults, in which a resource that leaks shows as a slope."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.sender import Delivery, send
from service import EVENTS, SECRET, daemon_settings

from .deployment import NO_STRIPE, PARTITIONS, TOPIC
from .oracle import ExpectedEvent, Verdict, check, persisted_event
from .recording import Recording, Sampler
from .run import STRIPE_REDELIVERY
from .webhooks import webhooks

CLIENTS = 16
INTERVAL_SECONDS = 2.0
WARM_UP_SHARE = 0.25
LIMITS = {"memory": 3.0, "threads": 0.5, "descriptors": 2.0}
"""The most that a figure may grow after the warm-up, by its regression line."""


@dataclass(frozen=True)
class Soak:
    """The result of a soak; `growth` of each figure along the regression line of its samples."""

    recording: Recording
    verdict: Verdict
    growth: dict[str, float]

    @property
    def holds(self) -> bool:
        """Whether no event was lost and no figure has grown beyond its limit."""
        return self.verdict.holds and all(self.growth[name] <= LIMITS[name] for name in LIMITS)


def soak(minutes: float, rate_per_second: float, seed: int) -> Soak:
    """Send webhooks at a steady rate to one daemon on one broker, and sample its resources."""
    expected: list[ExpectedEvent] = []
    count = int(minutes * 60 * rate_per_second)
    with KafkaBroker() as broker:
        broker.create_event_topics(TOPIC, PARTITIONS)
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
                    _deliveries(count, seed, expected),
                    daemon.url + EVENTS,
                    clients=CLIENTS,
                    redelivery=STRIPE_REDELIVERY,
                    rate_per_second=rate_per_second,
                    on_attempt=recording.attempts.append,
                )
        records = map(persisted_event, read_records(broker.bootstrap_servers, TOPIC))
        verdict = check(expected, recording.attempts, records)
    growth = {name: growth_after_warm_up(recording.samples[name]) for name in figures}
    return Soak(recording, verdict, growth)


def growth_after_warm_up(samples: Sequence[tuple[float, float]]) -> float:
    """Return how much the regression line of samples (seconds, figure) rises after the warm-up."""
    first, last = samples[0][0], samples[-1][0]
    warm = first + WARM_UP_SHARE * (last - first)
    used = [sample for sample in samples if sample[0] >= warm]
    line = statistics.linear_regression(*zip(*used, strict=True))
    return line.slope * (last - warm)


def _deliveries(count: int, seed: int, expected: list[ExpectedEvent]) -> Iterator[Delivery]:
    for webhook in webhooks(count, SECRET, seed):
        expected.append(webhook.expected)
        yield webhook.delivery


def _entries(folder: Path) -> float:
    return float(sum(1 for _ in folder.iterdir()))
