"""A thread that waits for a delivery report polls those of all waiting threads."""

import queue
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from confluent_kafka import Message

from harness.polling import wait_until
from paycli.adapters.kafka.delivery_reports import Delivery, DeliveryReports

SLACK_SECONDS = 1.0
LONG_SECONDS = 20.0


class Inbox:
    """Delivery reports that have arrived, and the threads that poll them."""

    def __init__(self) -> None:
        self.max_concurrent_polls = 0
        self.polled_by: set[int] = set()
        self._concurrent_polls = 0
        self._arrived: queue.Queue[Delivery | None] = queue.Queue()

    def deliver(self, delivery: Delivery) -> None:
        """Let a report arrive."""
        self._arrived.put(delivery)

    def poll(self, seconds: float) -> None:
        """Do as a producer's `poll`: return after some reports, or at the timeout."""
        self._concurrent_polls += 1
        self.max_concurrent_polls = max(self.max_concurrent_polls, self._concurrent_polls)
        self.polled_by.add(threading.get_ident())
        try:
            timeout: float | None = seconds
            while (each := self._arrived.get(block=bool(timeout), timeout=timeout)) is not None:
                each.report(None, Message(topic="t", partition=0, offset=1))
                timeout = None
        except queue.Empty:
            pass
        finally:
            self._concurrent_polls -= 1


class WithoutHandover(DeliveryReports):
    """Never wakes the next polling thread."""

    def _wake_next_poller(self) -> None:
        self._polling.release()


@pytest.fixture
def inbox() -> Inbox:
    """Give an empty inbox."""
    return Inbox()


@pytest.fixture
def reports(inbox: Inbox) -> DeliveryReports:
    """Give the delivery reports of the inbox."""
    return DeliveryReports(inbox.poll)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Give a pool of 40 threads."""
    with ThreadPoolExecutor(40) as pool:
        yield pool


def sleeping(reports: DeliveryReports) -> int:
    """Count the threads that wait for another thread to poll their report."""
    return len(reports._sleeping)


def two_waiting_threads(
    reports: DeliveryReports, inbox: Inbox, pool: ThreadPoolExecutor
) -> tuple[tuple[Delivery, Delivery], tuple[Future[bool], Future[bool]]]:
    """Let two threads wait: the first polls, the second sleeps."""
    first, second = Delivery(0), Delivery(0)
    one = pool.submit(reports.wait, first, LONG_SECONDS)
    wait_until(lambda: bool(inbox.polled_by), SLACK_SECONDS, "the first polls")
    other = pool.submit(reports.wait, second, LONG_SECONDS)
    wait_until(lambda: sleeping(reports) == 1, SLACK_SECONDS, "the second sleeps")
    return (first, second), (one, other)


def test_a_thread_that_waits_alone_polls_its_own_report(
    reports: DeliveryReports, inbox: Inbox
) -> None:
    """No other thread is involved."""
    delivery = Delivery(0)
    inbox.deliver(delivery)
    assert reports.wait(delivery, LONG_SECONDS)
    assert inbox.polled_by == {threading.get_ident()}
    assert delivery.acknowledgement is not None


def test_a_report_that_has_arrived_is_not_waited_for(
    reports: DeliveryReports, inbox: Inbox
) -> None:
    """A report that another thread has polled meanwhile is returned even with a timeout of 0."""
    delivery = Delivery(0)
    inbox.deliver(delivery)
    inbox.poll(0)
    inbox.polled_by.clear()
    assert reports.wait(delivery, 0)
    assert inbox.polled_by == set()
    assert sleeping(reports) == 0


def test_one_thread_polls_for_another(
    reports: DeliveryReports, inbox: Inbox, pool: ThreadPoolExecutor
) -> None:
    """A sleeping thread is woken by the thread that polls its report."""
    (first, second), (one, other) = two_waiting_threads(reports, inbox, pool)
    inbox.deliver(second)
    assert other.result(SLACK_SECONDS)
    assert not one.done()
    inbox.deliver(first)
    assert one.result(SLACK_SECONDS)


def test_a_thread_with_its_report_wakes_the_next_poller(
    reports: DeliveryReports, inbox: Inbox, pool: ThreadPoolExecutor
) -> None:
    """Another thread goes on polling immediately, without the background poll."""
    (first, second), (one, other) = two_waiting_threads(reports, inbox, pool)
    inbox.deliver(first)
    assert one.result(SLACK_SECONDS)
    wait_until(lambda: len(inbox.polled_by) == 2, SLACK_SECONDS, "the second polls")
    inbox.deliver(second)
    assert other.result(SLACK_SECONDS)
    assert sleeping(reports) == 0


def test_without_the_handover_polling_would_stop(inbox: Inbox, pool: ThreadPoolExecutor) -> None:
    """The control: a thread that is not woken sleeps until the background poll."""
    reports = WithoutHandover(inbox.poll)
    (first, second), (one, other) = two_waiting_threads(reports, inbox, pool)
    inbox.deliver(first)
    assert one.result(SLACK_SECONDS)
    inbox.deliver(second)
    with pytest.raises(TimeoutError):
        other.result(SLACK_SECONDS)
    reports.poll(0)
    assert other.result(SLACK_SECONDS)


def test_polling_is_not_handed_to_a_thread_with_its_report(
    reports: DeliveryReports, inbox: Inbox, pool: ThreadPoolExecutor
) -> None:
    """A sleeper that has its report would return, and all others would sleep on."""
    (first, second), (one, other) = two_waiting_threads(reports, inbox, pool)
    done = Delivery(0)
    done.report(None, Message(topic="t", partition=0, offset=1))
    reports._sleeping[done] = None
    inbox.deliver(first)
    assert one.result(SLACK_SECONDS)
    inbox.deliver(second)
    assert other.result(SLACK_SECONDS)


def test_the_polling_and_the_sleeping_thread_both_time_out(
    reports: DeliveryReports, pool: ThreadPoolExecutor
) -> None:
    """Without reports each thread returns at its own timeout, and none stays registered."""
    started_at = time.monotonic()
    waiting = [pool.submit(reports.wait, Delivery(0), seconds) for seconds in (0.3, 0.6, 0.3)]
    assert [future.result(SLACK_SECONDS) for future in waiting] == [False] * 3
    assert 0.6 <= time.monotonic() - started_at < 0.6 + SLACK_SECONDS
    assert sleeping(reports) == 0


def test_the_background_poll_receives_reports_that_no_thread_waits_for(
    reports: DeliveryReports, inbox: Inbox
) -> None:
    """A report that arrives after the timeout is stored all the same."""
    late = Delivery(0)
    assert not reports.wait(late, 0.01)
    inbox.deliver(late)
    reports.poll(0)
    assert late.reported


def test_while_paused_no_thread_polls(
    reports: DeliveryReports, inbox: Inbox, pool: ThreadPoolExecutor
) -> None:
    """While the caller of `paused` polls, neither the background poll nor a waiting thread does."""
    delivery = Delivery(0)
    with reports.paused():
        reports.poll(0)
        assert not pool.submit(reports.wait, delivery, 0.1).result(SLACK_SECONDS)
    assert inbox.polled_by == set()


def test_an_error_while_polling_is_raised_in_that_thread_only(
    inbox: Inbox, pool: ThreadPoolExecutor
) -> None:
    """An error such as Ctrl-C is raised where it occurred, and another thread polls on."""
    interrupt = threading.Event()

    def poll(seconds: float) -> None:
        if interrupt.is_set():
            interrupt.clear()
            raise KeyboardInterrupt
        inbox.poll(seconds)

    reports = DeliveryReports(poll)
    (_, second), (one, other) = two_waiting_threads(reports, inbox, pool)
    interrupt.set()
    with pytest.raises(KeyboardInterrupt):
        one.result(SLACK_SECONDS)
    inbox.deliver(second)
    assert other.result(SLACK_SECONDS)


@pytest.mark.serial
@pytest.mark.parametrize("delay_seconds", [0.0, 0.002])
def test_many_threads_each_get_their_own_report(
    reports: DeliveryReports, inbox: Inbox, pool: ThreadPoolExecutor, delay_seconds: float
) -> None:
    """40 threads and 4,000 reports in any order: each in time, and one thread polls at a time."""
    chance = random.Random(1)

    def publish(_: object) -> float:
        delivery = Delivery(0)
        started_at = time.monotonic()
        if delay_seconds:
            threading.Timer(chance.uniform(0, delay_seconds), inbox.deliver, [delivery]).start()
        else:
            inbox.deliver(delivery)
        assert reports.wait(delivery, LONG_SECONDS)
        return time.monotonic() - started_at

    assert max(pool.map(publish, range(4_000))) < 2 * SLACK_SECONDS
    assert inbox.max_concurrent_polls == 1
    assert sleeping(reports) == 0
