"""Delivery reports: one of those who wait for theirs takes them in for all.

A thread of its own for that would be woken by each report only to wake whoever waits for it, and
all of them would fight for the interpreter.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from confluent_kafka import KafkaError, Message

from paycli.models import Acknowledgement
from paycli.waiting import SUSPEND

_TURN_SECONDS = 0.2


class Delivery:
    """What became of one record, once it is `reported`."""

    __slots__ = ("_awake", "acknowledgement", "error", "failures", "reported")

    def __init__(self, failures: int) -> None:
        """In: how many records had failed before this one was handed over."""
        self.failures = failures
        self.reported = False
        self.error: KafkaError | None = None
        self.acknowledgement: Acknowledgement | None = None
        self._awake = threading.Lock()
        self._awake.acquire()

    def report(self, error: KafkaError | None, message: Message) -> None:
        """Notes it; whoever takes in reports wakes whoever waits."""
        if error is None:
            self.acknowledgement = Acknowledgement(
                message.topic() or "", _number(message.partition()), _number(message.offset())
            )
        self.error = error
        self.reported = True

    def is_reported(self) -> bool:
        """Whether it is known what became of it."""
        return self.reported

    def wake(self) -> None:
        """Ends its `sleep`, or the next one."""
        with suppress(RuntimeError):  # it is awake
            self._awake.release()

    def sleep(self, seconds: float) -> None:
        """Until `wake`, at most so long."""
        self._awake.acquire(timeout=seconds)


class DeliveryReports:
    """`serve` takes reports in for up to so many seconds, and calls `Delivery.report` for each.

    It is called by one thread at a time.
    """

    def __init__(self, serve: Callable[[float], None]) -> None:
        self._serve = serve
        self._serving = threading.Lock()
        self._asleep: dict[Delivery, None] = {}

    def wait(self, delivery: Delivery, seconds: float) -> bool:
        """Whether it is reported within this time."""
        deadline = time.monotonic() + seconds
        suspend = SUSPEND.get()
        if suspend is not None:
            return suspend(delivery.is_reported, deadline)
        while True:
            # In this order, since whoever serves notes the report first and looks here then.
            self._asleep[delivery] = None
            left = deadline - time.monotonic()
            if delivery.reported or left <= 0:
                self._asleep.pop(delivery, None)
                return delivery.reported
            if self._serving.acquire(blocking=False):
                self._asleep.pop(delivery, None)
                self._serve_until(delivery, deadline)
            else:
                delivery.sleep(left)

    def poll(self, seconds: float) -> None:
        """Takes in what comes within this time; does nothing if somebody else does so meanwhile.

        To be called while requests are suspended; and now and then with 0, for what nobody waits
        for any more, and to find a new one to serve if the one that was woken for it had no time.
        """
        if self._serving.acquire(timeout=seconds):
            try:
                self._poll(seconds)
            finally:
                self._hand_on()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Meanwhile somebody else takes them in."""
        self._serving.acquire()
        try:
            yield
        finally:
            self._wake_reported()
            self._hand_on()

    def _serve_until(self, delivery: Delivery, deadline: float) -> None:
        try:
            while not delivery.reported and (left := deadline - time.monotonic()) > 0:
                self._poll(min(left, _TURN_SECONDS))
        finally:
            self._hand_on()

    def _poll(self, seconds: float) -> None:
        self._serve(seconds)
        self._wake_reported()

    def _wake_reported(self) -> None:
        # Behind it, since each that is woken at once would fight with us for the interpreter.
        for each in list(self._asleep):
            if each.reported:
                self._asleep.pop(each, None)
                each.wake()

    def _hand_on(self) -> None:
        """To who came last: that report comes last, so it changes hands as seldom as can be."""
        self._serving.release()
        with suppress(KeyError):  # nobody else waits
            while True:
                latest, _ = self._asleep.popitem()
                latest.wake()
                if not latest.reported:
                    break


def _number(value: int | None) -> int:
    return -1 if value is None else value
