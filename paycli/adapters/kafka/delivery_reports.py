"""Delivery reports: of all threads that wait for a report, one polls the producer for all.

A dedicated polling thread would be woken by each report only to wake the thread that waits for it,
and all of them would contend for the interpreter lock.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from confluent_kafka import KafkaError, Message

from paycli.models import Acknowledgement
from paycli.waiting import SUSPEND

_POLL_SECONDS = 0.2


class Delivery:
    """The outcome of one record: `acknowledgement` or `error`, once it is `reported`.

    `failures` is how many records had failed before this one was produced.
    """

    __slots__ = ("_wakeup", "acknowledgement", "error", "failures", "reported")

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.reported = False
        self.error: KafkaError | None = None
        self.acknowledgement: Acknowledgement | None = None
        self._wakeup = threading.Lock()
        self._wakeup.acquire()

    def report(self, error: KafkaError | None, message: Message) -> None:
        """Stores the delivery report; the polling thread then wakes the waiting one."""
        if error is None:
            self.acknowledgement = Acknowledgement(
                message.topic() or "", _number(message.partition()), _number(message.offset())
            )
        self.error = error
        self.reported = True

    def is_reported(self) -> bool:
        """Returns whether the delivery report has arrived."""
        return self.reported

    def wake(self) -> None:
        """Ends `sleep`, or the next call of it."""
        with suppress(RuntimeError):  # it is awake
            self._wakeup.release()

    def sleep(self, seconds: float) -> None:
        """Blocks until `wake`, for at most `seconds`."""
        self._wakeup.acquire(timeout=seconds)


class DeliveryReports:
    """Lets threads and suspended requests wait for the reports of their records.

    `poll_producer` polls for at most a number of seconds and calls `Delivery.report` for each
    report. One thread at a time calls it.
    """

    def __init__(self, poll_producer: Callable[[float], None]) -> None:
        self._poll_producer = poll_producer
        self._polling = threading.Lock()
        self._sleeping: dict[Delivery, None] = {}

    def wait(self, delivery: Delivery, seconds: float) -> bool:
        """Waits for the report; returns whether it has arrived in time."""
        deadline = time.monotonic() + seconds
        suspend = SUSPEND.get()
        if suspend is not None:
            return suspend(delivery.is_reported, deadline)
        while True:
            # Registered before it is checked: the polling thread stores a report before it looks
            # for sleepers, so that no wake-up is lost.
            self._sleeping[delivery] = None
            left = deadline - time.monotonic()
            if delivery.reported or left <= 0:
                self._sleeping.pop(delivery, None)
                return delivery.reported
            if self._polling.acquire(blocking=False):
                self._sleeping.pop(delivery, None)
                self._poll_until(delivery, deadline)
            else:
                delivery.sleep(left)

    def poll(self, seconds: float) -> None:
        """Polls for at most `seconds`; does nothing if another thread polls for all that time.

        Called while requests are suspended. Called now and then with 0 as well, for reports that
        no thread waits for any more, and to wake a new polling thread if the one that was woken
        for it had no time left.
        """
        if self._polling.acquire(timeout=seconds):
            try:
                self._poll_and_wake(seconds)
            finally:
                self._wake_next_poller()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stops polling for the duration of the context, in which the caller polls instead."""
        self._polling.acquire()
        try:
            yield
        finally:
            self._wake_reported()
            self._wake_next_poller()

    def _poll_until(self, delivery: Delivery, deadline: float) -> None:
        try:
            while not delivery.reported and (left := deadline - time.monotonic()) > 0:
                self._poll_and_wake(min(left, _POLL_SECONDS))
        finally:
            self._wake_next_poller()

    def _poll_and_wake(self, seconds: float) -> None:
        self._poll_producer(seconds)
        self._wake_reported()

    def _wake_reported(self) -> None:
        # After the poll, since threads that are woken during it would contend with it for the
        # interpreter lock.
        for each in list(self._sleeping):
            if each.reported:
                self._sleeping.pop(each, None)
                each.wake()

    def _wake_next_poller(self) -> None:
        """Wakes the latest sleeper: its report arrives last, so polling rarely changes threads."""
        self._polling.release()
        with suppress(KeyError):  # no other thread waits
            while True:
                latest, _ = self._sleeping.popitem()
                latest.wake()
                if not latest.reported:
                    break


def _number(value: int | None) -> int:
    return -1 if value is None else value
