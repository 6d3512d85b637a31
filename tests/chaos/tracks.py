"""Faults while they happen: one after the other in each track, the tracks at the same time."""

import random
import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from .plan import KINDS, Planned
from .recording import Recording, Strike
from .world import World


class Tracks:
    """Begins faults when their webhook's turn comes, and notes them.

    Leave the world before this: what a track has started ends with the track's thread.
    """

    def __init__(self, world: World, planned: list[Planned], recording: Recording) -> None:
        self._world = world
        self._recording = recording
        self._coming = list(reversed(planned))
        names = {track for track, _ in KINDS.values()}
        self._pools = {name: ThreadPoolExecutor(1, thread_name_prefix=name) for name in names}
        self._last: dict[str, Future[None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)

    def turn(self, webhook: int) -> None:
        """Begin the faults that are due with this webhook.

        A fault waits for the one before it in its track, and the webhook waits with it, so that
        each fault meets its share of the load. What went wrong in a fault is raised here.
        """
        while self._coming and self._coming[-1].webhook <= webhook:
            planned = self._coming.pop()
            track, _ = KINDS[planned.kind]
            self._await(track)
            self._last[track] = self._pools[track].submit(self._strike, planned)

    def finish(self) -> None:
        """Return when all faults are over."""
        for track in list(self._last):
            self._await(track)

    def _await(self, track: str) -> None:
        if track in self._last:
            self._last.pop(track).result()

    def _strike(self, planned: Planned) -> None:
        _, fault = KINDS[planned.kind]
        started = time.monotonic()
        target = fault(self._world, random.Random(planned.seed))
        self._recording.note_strike(
            Strike(planned.kind, target, planned.webhook, started, time.monotonic())
        )
