"""The main run: webhooks at a steady rate, faults by seed, then the judge."""

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
from .oracle import Expected, Verdict, judge, persisted
from .plan import Size, plan
from .recording import Recording, Sampler
from .tracks import Tracks
from .webhooks import webhooks
from .world import World

CLIENTS = 64
ANSWER_TIMEOUT_SECONDS = 5.0
AS_STRIPE = Redelivery(max_attempts=200, first_wait_seconds=0.2, max_wait_seconds=3.0)
CATCH_UP_SECONDS = 20.0


@dataclass(frozen=True)
class Result:
    """What came of a run."""

    recording: Recording
    verdict: Verdict


def run(size: Size, seed: int, command: Sequence[str] = COMMAND) -> Result:
    """Send the webhooks of the seed while its faults happen, redeliver until 2xx, and judge.

    In: what starts a daemon, if something else than the product shall be judged. A broker or
    daemon that does not come back in time is a `TimeoutError`.
    """
    cluster = KafkaCluster()
    world = World(cluster, command=command)
    recording = Recording()
    with Tracks(world, plan(size, seed), recording) as tracks, cluster, world:
        recording.started_at_seconds = time.monotonic()
        return deliver_and_judge(world, size, seed, recording, tracks.turn, tracks.finish)


def deliver_and_judge(
    world: World,
    size: Size,
    seed: int,
    recording: Recording,
    turn: Callable[[int], None],
    finish: Callable[[], None],
) -> Result:
    """Send all webhooks of a seed, calling `turn` with each one's number, `finish` at the end."""
    expected: list[Expected] = []
    sent = _paced(size, seed, expected, turn)
    with Follower(world.cluster.inside, world.topic, world.partitions) as follower:
        lag = Lag(recording, follower)
        with Sampler(recording, {"lag": lag.now}):
            send(
                sent,
                world.urls,
                clients=CLIENTS,
                redelivery=AS_STRIPE,
                timeout_seconds=ANSWER_TIMEOUT_SECONDS,
                seed=seed,
                on_attempt=recording.attempts.append,
            )
            finish()
            world.cluster.wait_in_sync(world.topic)
            # What is missing after that is for the judge to say.
            _at_most(CATCH_UP_SECONDS, lambda: lag.now() == 0)
        seen = list(follower.seen_at_seconds)
    records = map(persisted, read_records(world.cluster.inside, world.topic))
    return Result(recording, judge(expected, recording.attempts, records, seen))


class Lag:
    """How many events were acknowledged and not yet seen by the consumer."""

    def __init__(self, recording: Recording, follower: Follower) -> None:
        self._recording = recording
        self._follower = follower
        self._waiting: set[str] = set()
        self._looked_at = 0

    def now(self) -> int:
        """Count them."""
        attempts = self._recording.attempts
        until = len(attempts)
        for attempt in attempts[self._looked_at : until]:
            if attempt.status == 200:
                self._waiting.add(attempt.event_id)
        self._looked_at = until
        self._waiting -= self._waiting & self._follower.seen_at_seconds.keys()
        return len(self._waiting)


def _paced(
    size: Size, seed: int, expected: list[Expected], turn: Callable[[int], None]
) -> Iterator[Delivery]:
    """Each webhook at its time; what a fault holds up is not made good by a burst."""
    due = time.monotonic()
    for number, webhook in enumerate(webhooks(size.webhooks, SECRET, seed)):
        turn(number)
        expected.append(webhook.expected)
        due = max(time.monotonic(), due + 1 / size.rate_per_second)
        time.sleep(max(0.0, due - time.monotonic()))
        yield webhook.delivery


def _at_most(seconds: float, condition: Callable[[], bool]) -> None:
    try:
        wait_until(condition, seconds, "")
    except TimeoutError:
        return
