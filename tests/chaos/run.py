"""The main run: webhooks at a steady rate, seeded faults, and the verdict at the end."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.daemon import COMMAND
from harness.kafka_cluster import KafkaCluster
from harness.kafka_records import read_records
from harness.polling import wait_until
from harness.sender import Delivery, Redelivery, send
from service import SECRET

from .consumer import Follower
from .deployment import Deployment
from .oracle import ExpectedEvent, Verdict, check, persisted_event
from .plan import Size, plan
from .recording import Recording, Sampler
from .tracks import Tracks
from .webhooks import webhooks

CLIENTS = 64
RESPONSE_TIMEOUT_SECONDS = 5.0
STRIPE_REDELIVERY = Redelivery(max_attempts=200, first_wait_seconds=0.2, max_wait_seconds=3.0)
CATCH_UP_SECONDS = 20.0


@dataclass(frozen=True)
class Result:
    """The recording and the verdict of a run."""

    recording: Recording
    verdict: Verdict


def run(size: Size, seed: int, command: Sequence[str] = COMMAND) -> Result:
    """Send the webhooks of a seed while its faults happen, redeliver until 2xx, and check.

    `command` starts a daemon, if not the product's own. Raises `TimeoutError` if a broker or
    daemon does not recover in time.
    """
    cluster = KafkaCluster()
    deployment = Deployment(cluster, command=command)
    recording = Recording()
    with Tracks(deployment, plan(size, seed), recording) as tracks, cluster, deployment:
        recording.started_at_seconds = time.monotonic()
        return deliver_and_check(
            deployment, size, seed, recording, tracks.before_webhook, tracks.finish
        )


def deliver_and_check(
    deployment: Deployment,
    size: Size,
    seed: int,
    recording: Recording,
    before_webhook: Callable[[int], None],
    finish: Callable[[], None],
) -> Result:
    """Send all webhooks of a seed and check the records.

    `before_webhook` is called with the number of each webhook before it is sent, `finish` after
    the last one.
    """
    expected: list[ExpectedEvent] = []
    deliveries = _at_rate(size, seed, expected, before_webhook)
    with Follower(
        deployment.cluster.direct_servers, deployment.topic, deployment.partitions
    ) as follower:
        lag = Lag(recording, follower)
        with Sampler(recording, {"lag": lag.now}):
            send(
                deliveries,
                deployment.urls,
                clients=CLIENTS,
                redelivery=STRIPE_REDELIVERY,
                timeout_seconds=RESPONSE_TIMEOUT_SECONDS,
                seed=seed,
                on_attempt=recording.attempts.append,
            )
            finish()
            deployment.cluster.wait_in_sync(deployment.topic)
            # Records that are missing after that appear in the verdict.
            with contextlib.suppress(TimeoutError):
                wait_until(lambda: lag.now() == 0, CATCH_UP_SECONDS, "the consumer has caught up")
        seen = list(follower.seen_at_seconds)
    records = map(
        persisted_event, read_records(deployment.cluster.direct_servers, deployment.topic)
    )
    return Result(recording, check(expected, recording.attempts, records, seen))


class Lag:
    """The number of acknowledged events that the consumer has not read yet."""

    def __init__(self, recording: Recording, follower: Follower) -> None:
        self._recording = recording
        self._follower = follower
        self._unread: set[str] = set()
        self._counted = 0

    def now(self) -> int:
        """Return the current lag."""
        attempts = self._recording.attempts
        until = len(attempts)
        for attempt in attempts[self._counted : until]:
            if attempt.status == 200:
                self._unread.add(attempt.event_id)
        self._counted = until
        self._unread -= self._unread & self._follower.seen_at_seconds.keys()
        return len(self._unread)


def _at_rate(
    size: Size, seed: int, expected: list[ExpectedEvent], before_webhook: Callable[[int], None]
) -> Iterator[Delivery]:
    """Yield each webhook when it is due; a delay by a fault is not followed by a burst."""
    due = time.monotonic()
    for number, webhook in enumerate(webhooks(size.webhooks, SECRET, seed)):
        before_webhook(number)
        expected.append(webhook.expected)
        due = max(time.monotonic(), due + 1 / size.rate_per_second)
        time.sleep(max(0.0, due - time.monotonic()))
        yield webhook.delivery
