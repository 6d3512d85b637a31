"""Injects the planned faults: sequentially in each track, the tracks concurrently."""

import random
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from .deployment import Deployment
from .plan import FAULTS, PlannedFault
from .recording import InjectedFault, Recording


class Tracks:
    """Injects each fault before its webhook is sent, and records it.

    Processes are killed with the thread that started them, so leave the deployment before this.
    """

    def __init__(
        self, deployment: Deployment, planned: list[PlannedFault], recording: Recording
    ) -> None:
        self._deployment = deployment
        self._recording = recording
        self._pending = list(reversed(planned))
        names = {track for track, _ in FAULTS.values()}
        self._pools = {name: ThreadPoolExecutor(1, thread_name_prefix=name) for name in names}
        self._last: dict[str, Future[None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)

    def before_webhook(self, webhook: int) -> None:
        """Begin the faults that are due with this webhook.

        A fault, and with it the webhook, waits for the previous one in its track, so that each
        fault gets its share of the load. Raises the error of a fault that failed.
        """
        while self._pending and self._pending[-1].webhook <= webhook:
            planned = self._pending.pop()
            track, _ = FAULTS[planned.kind]
            self._await(track)
            self._last[track] = self._pools[track].submit(self._inject, planned)

    def finish(self) -> None:
        """Return when all faults are repaired."""
        for track in list(self._last):
            self._await(track)

    def _await(self, track: str) -> None:
        if track in self._last:
            self._last.pop(track).result()

    def _inject(self, planned: PlannedFault) -> None:
        _, fault = FAULTS[planned.kind]
        started = time.monotonic()
        target = fault(self._deployment, random.Random(planned.seed))
        self._recording.add_fault(
            InjectedFault(planned.kind, target, planned.webhook, started, time.monotonic())
        )
