"""A limited number of callers hold a slot; others queue in order, or are refused."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.polling import wait_until
from paycli.adapters.kafka.admission import AdmissionLimit
from paycli.errors import TooManyWebhooks

SLACK_SECONDS = 2.0
QUEUE_SECONDS = 0.5


class LateEvent(threading.Event):
    """Times out just before it is set."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the event; return that it was not set in time."""
        super().wait(timeout and timeout + SLACK_SECONDS)
        return False


def queued(limit: AdmissionLimit) -> int:
    """Count the callers in the queue."""
    return len(limit._queue)


def test_callers_receive_slots_in_order_of_arrival() -> None:
    """Of ten callers that queue, each released slot goes to the one that came first."""
    limit = AdmissionLimit(1, threading.Event)
    limit.acquire()
    order: list[int] = []

    def caller(number: int) -> None:
        limit.acquire()
        order.append(number)
        limit.release()

    with ThreadPoolExecutor(10) as pool:
        for number in range(10):
            pool.submit(caller, number)
            wait_until(lambda: queued(limit) == number + 1, SLACK_SECONDS, "it queues")  # noqa: B023  (called at once)
        limit.release()
    assert order == list(range(10))


def test_a_caller_that_times_out_leaves_the_queue_and_stalls_the_limit() -> None:
    """It is refused, so are all others immediately until the end of the stall, and no slot is lost.

    A record that Kafka has acknowledged ends the stall.
    """
    limit = AdmissionLimit(1, threading.Event)
    limit.acquire()
    with pytest.raises(TooManyWebhooks):
        limit.acquire()
    assert queued(limit) == 0
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(TooManyWebhooks):
            pool.submit(limit.acquire).result(QUEUE_SECONDS / 2)
        limit.end_stall()
        waiting = pool.submit(limit.acquire)
        wait_until(lambda: queued(limit) == 1, SLACK_SECONDS, "it queues")
        limit.release()
        waiting.result(SLACK_SECONDS)


def test_a_slot_that_is_received_just_after_the_timeout_is_used() -> None:
    """Otherwise no caller would have the slot, for good."""
    limit = AdmissionLimit(1, LateEvent)
    limit.acquire()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(limit.acquire)
        wait_until(lambda: queued(limit) == 1, SLACK_SECONDS, "it queues")
        limit.release()
        waiting.result(2 * SLACK_SECONDS)
    limit.release()
    limit.acquire()
