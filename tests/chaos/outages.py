"""Runs of their own, with one fault: the brokers' disks are full, or the topic is deleted.

While it lasts nothing can be persisted, so nothing but 503 may be answered.
"""

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from harness.kafka_cluster import NUMBERS, KafkaCluster
from harness.polling import wait_until

from .oracle import Verdict
from .plan import Size
from .recording import Recording, Strike, answers_by_status
from .run import Result, deliver_and_judge
from .world import World

SIZE = Size(webhooks=1_500, rate_per_second=100, faults={})
AT_WEBHOOK = 300
HOLD_SECONDS = 5.0
SPREAD_SECONDS = 1.0
"""Within this the last broker has heard that a topic is deleted."""

DISK_MIB = 48
LEFT_BYTES = 131_072
FILL_TIMEOUT_SECONDS = 60.0
TOO_FEW_LEFT = 1
"""With so many of three brokers left no record has enough replicas in sync."""


class CannotMountError(Exception):
    """Small disks can't be made on this machine; the message says what that takes."""


@dataclass(frozen=True)
class Outage:
    """What a run with one outage showed.

    `answers` counts the attempts that began and ended within it by status; `recovery_seconds` is
    from its end to the first 2xx after it.
    """

    recording: Recording
    verdict: Verdict
    answers: dict[str, int]
    recovery_seconds: float

    @property
    def kept(self) -> bool:
        """Whether only 503 was answered meanwhile, and nothing acknowledged is lost."""
        return self.verdict.kept and set(self.answers) == {"503"}


def topic_deleted(seed: int) -> Outage:
    """Delete the topic under load and create it again; what was in it goes with it.

    The brokers would create a topic for whoever writes to it: a daemon that does raises
    `RuntimeError`.
    """

    def break_(world: World) -> None:
        world.cluster.delete_topic(world.topic)
        time.sleep(SPREAD_SECONDS)

    def mend(world: World) -> None:
        if world.topic in world.cluster.topics():
            raise RuntimeError("a daemon has created the topic")
        world.cluster.create_topic(world.topic, world.partitions)

    outage, broken_at = _run("topic deleted", KafkaCluster(), break_, mend, seed)
    deleted = {
        attempt.event_id
        for attempt in outage.recording.attempts
        if attempt.status == 200 and attempt.started_at_seconds < broken_at
    }
    verdict = outage.verdict
    excused = replace(
        verdict,
        lost=verdict.lost - deleted,
        missing=verdict.missing - deleted,
        vanished=verdict.vanished - deleted,
    )
    return replace(outage, verdict=excused)


def disk_full(seed: int) -> Outage:
    """Let records fill the brokers' small disks until they stop, then make room and start them."""
    with small_disks() as disks:

        def break_(world: World) -> None:
            for disk in disks.values():
                _fill(disk)
            nodes = world.cluster.nodes.values()
            wait_until(
                lambda: sum(node.process.exit_code() is None for node in nodes) <= TOO_FEW_LEFT,
                FILL_TIMEOUT_SECONDS,
                "brokers stop because their disks are full",
            )

        def mend(world: World) -> None:
            for disk in disks.values():
                (disk / BALLAST).unlink()
            for node in world.cluster.nodes.values():
                if node.process.exit_code() is not None:
                    node.start()
            world.cluster.wait_in_sync(world.topic)

        outage, _ = _run("disks full", KafkaCluster(folders=disks), break_, mend, seed)
        return outage


BALLAST = "ballast"


@contextlib.contextmanager
def small_disks() -> Iterator[dict[int, Path]]:
    """Give each broker a folder on a file system of its own, of a few MiB."""
    with contextlib.ExitStack() as exits:
        home = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="paycli-disks-")))
        disks = {number: home / str(number) for number in NUMBERS}
        for disk in disks.values():
            disk.mkdir()
            options = ["-t", "tmpfs", "-o", f"size={DISK_MIB}m", "paycli-chaos"]
            done = subprocess.run(["mount", *options, disk], capture_output=True, check=False)
            if done.returncode:
                raise CannotMountError("small disks are tmpfs, which root alone can mount")
            exits.callback(_unmount, disk)
        yield disks


def _unmount(disk: Path) -> None:
    subprocess.run(["umount", "--lazy", disk], check=True)


def _fill(disk: Path) -> None:
    """Leave room for some hundred records."""
    chunk = bytes(LEFT_BYTES)
    with (disk / BALLAST).open("wb", buffering=0) as ballast:
        with contextlib.suppress(OSError):  # full
            while ballast.write(chunk) == LEFT_BYTES:
                pass
        ballast.truncate(ballast.tell() - LEFT_BYTES)


def _run(
    kind: str,
    cluster: KafkaCluster,
    break_: Callable[[World], None],
    mend: Callable[[World], None],
    seed: int,
) -> tuple[Outage, float]:
    """Break, hold and mend while webhooks are sent; returns also when it was broken."""
    world = World(cluster)
    recording = Recording()
    times: list[float] = []
    pending: list[Future[None]] = []

    def outage() -> None:
        started = time.monotonic()
        break_(world)
        times.append(time.monotonic())
        time.sleep(HOLD_SECONDS)
        times.append(time.monotonic())
        mend(world)
        target = "all brokers"
        recording.note_strike(Strike(kind, target, AT_WEBHOOK, started, time.monotonic()))

    def turn(webhook: int) -> None:
        if webhook == AT_WEBHOOK:
            pending.append(pool.submit(outage))

    def finish() -> None:
        pending[0].result()

    # The pool ends last: what its thread has started ends with it.
    with ThreadPoolExecutor(1) as pool, cluster, world:
        recording.started_at_seconds = time.monotonic()
        result = deliver_and_judge(world, SIZE, seed, recording, turn, finish)
    broken_at, mended_at = times
    return _outage(result, broken_at, mended_at), broken_at


def _outage(result: Result, broken_at: float, mended_at: float) -> Outage:
    attempts = result.recording.attempts
    within = [
        attempt
        for attempt in attempts
        if attempt.started_at_seconds >= broken_at
        and attempt.started_at_seconds + attempt.seconds <= mended_at
    ]
    accepted_at = (a.started_at_seconds + a.seconds for a in attempts if a.status == 200)
    recovered_at = min(at for at in accepted_at if at > mended_at)
    return Outage(
        result.recording, result.verdict, answers_by_status(within), recovered_at - mended_at
    )
