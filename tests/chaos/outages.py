"""Runs with one outage: the brokers' disks are full, or the topic is deleted.

During the outage nothing can be persisted, so every response must be 503.
"""

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from harness.kafka_cluster import NODE_IDS, KafkaCluster
from harness.polling import wait_until

from .deployment import Deployment
from .oracle import Verdict
from .plan import Size
from .recording import InjectedFault, Recording, responses_by_status
from .run import Result, deliver_and_check

SIZE = Size(webhooks=900, rate_per_second=60, faults={})
AT_WEBHOOK = 180
OUTAGE_SECONDS = 5.0
PROPAGATION_SECONDS = 1.0
"""Within this time every broker has learnt that a topic is deleted."""

DISK_MIB = 48
FREE_BYTES = 131_072
FILL_TIMEOUT_SECONDS = 60.0
TOO_FEW_RUNNING = 1
"""With this many of three brokers running, no record has enough in-sync replicas."""


class CannotMountError(Exception):
    """Small file systems cannot be mounted here; the message says what is required."""


@dataclass(frozen=True)
class Outage:
    """The result of a run with one outage.

    `responses` counts the attempts within the outage by status; `recovery_seconds` is the time from
    its end to the first 2xx.
    """

    recording: Recording
    verdict: Verdict
    responses: dict[str, int]
    recovery_seconds: float

    @property
    def holds(self) -> bool:
        """Whether all responses during the outage were 503 and no acknowledged event is lost."""
        return self.verdict.holds and set(self.responses) == {"503"}


def topic_deleted(seed: int) -> Outage:
    """Delete the topic under load and create it again; its records are deleted with it.

    The brokers create topics on the first write. Raises `RuntimeError` if a daemon wrote to the
    deleted topic.
    """

    def inject(deployment: Deployment) -> None:
        deployment.cluster.delete_topic(deployment.topic)
        time.sleep(PROPAGATION_SECONDS)

    def repair(deployment: Deployment) -> None:
        if deployment.topic in deployment.cluster.topics():
            raise RuntimeError("a daemon has recreated the deleted topic")
        deployment.cluster.create_topic(deployment.topic, deployment.partitions)

    outage, began_at = _run("topic deleted", KafkaCluster(), inject, repair, seed)
    deleted = {
        attempt.event_id
        for attempt in outage.recording.attempts
        if attempt.status == 200 and attempt.started_at_seconds < began_at
    }
    verdict = outage.verdict
    without_deleted = replace(
        verdict,
        lost=verdict.lost - deleted,
        missing=verdict.missing - deleted,
        vanished=verdict.vanished - deleted,
    )
    return replace(outage, verdict=without_deleted)


def disk_full(seed: int) -> Outage:
    """Fill the brokers' small disks until they stop, then free space and start them again."""
    with small_disks() as disks:

        def inject(deployment: Deployment) -> None:
            for disk in disks.values():
                _fill(disk)
            nodes = deployment.cluster.nodes.values()
            wait_until(
                lambda: sum(node.process.exit_code() is None for node in nodes) <= TOO_FEW_RUNNING,
                FILL_TIMEOUT_SECONDS,
                "brokers stop because their disks are full",
            )

        def repair(deployment: Deployment) -> None:
            for disk in disks.values():
                (disk / BALLAST).unlink()
            for node in deployment.cluster.nodes.values():
                if node.process.exit_code() is not None:
                    node.start()
            deployment.cluster.wait_in_sync(deployment.topic)

        outage, _ = _run("disks full", KafkaCluster(directories=disks), inject, repair, seed)
        return outage


BALLAST = "ballast"


@contextlib.contextmanager
def small_disks() -> Iterator[dict[int, Path]]:
    """Yield a directory for each broker, each on a file system of DISK_MIB."""
    with contextlib.ExitStack() as exits:
        home = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="paycli-disks-")))
        disks = {number: home / str(number) for number in NODE_IDS}
        for disk in disks.values():
            disk.mkdir()
            options = ["-t", "tmpfs", "-o", f"size={DISK_MIB}m", "paycli-chaos"]
            mounted = subprocess.run(["mount", *options, disk], capture_output=True, check=False)
            if mounted.returncode:
                raise CannotMountError("small disks are tmpfs mounts, which require root")
            exits.callback(_unmount, disk)
        yield disks


def _unmount(disk: Path) -> None:
    subprocess.run(["umount", "--lazy", disk], check=True)


def _fill(disk: Path) -> None:
    """Fill a disk except for room for some hundred records."""
    chunk = bytes(FREE_BYTES)
    with (disk / BALLAST).open("wb", buffering=0) as ballast:
        with contextlib.suppress(OSError):  # full
            while ballast.write(chunk) == FREE_BYTES:
                pass
        ballast.truncate(ballast.tell() - FREE_BYTES)


def _run(
    kind: str,
    cluster: KafkaCluster,
    inject: Callable[[Deployment], None],
    repair: Callable[[Deployment], None],
    seed: int,
) -> tuple[Outage, float]:
    """Inject and repair an outage under load; return its result and when it began."""
    deployment = Deployment(cluster)
    recording = Recording()
    times: list[float] = []
    pending: list[Future[None]] = []

    def outage() -> None:
        started = time.monotonic()
        inject(deployment)
        times.append(time.monotonic())
        time.sleep(OUTAGE_SECONDS)
        times.append(time.monotonic())
        repair(deployment)
        target = "all brokers"
        recording.add_fault(InjectedFault(kind, target, AT_WEBHOOK, started, time.monotonic()))

    def before_webhook(webhook: int) -> None:
        if webhook == AT_WEBHOOK:
            pending.append(pool.submit(outage))

    def finish() -> None:
        pending[0].result()

    # Processes are killed with the thread that started them, so the pool must outlive them.
    with ThreadPoolExecutor(1) as pool, cluster, deployment:
        recording.started_at_seconds = time.monotonic()
        result = deliver_and_check(deployment, SIZE, seed, recording, before_webhook, finish)
    began_at, ended_at = times
    return _outage(result, began_at, ended_at), began_at


def _outage(result: Result, began_at: float, ended_at: float) -> Outage:
    attempts = result.recording.attempts
    within = [
        attempt
        for attempt in attempts
        if attempt.started_at_seconds >= began_at
        and attempt.started_at_seconds + attempt.seconds <= ended_at
    ]
    accepted_at = (a.started_at_seconds + a.seconds for a in attempts if a.status == 200)
    recovered_at = min(at for at in accepted_at if at > ended_at)
    return Outage(
        result.recording, result.verdict, responses_by_status(within), recovered_at - ended_at
    )
