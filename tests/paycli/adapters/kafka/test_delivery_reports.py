"""Whoever waits for a delivery report takes in those of all."""

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
        self.most_at_once = 0
        self.served_by: set[int] = set()
        self._at_once = 0
        self._arrived: queue.Queue[Delivery | None] = queue.Queue()

    def arrives(self, delivery: Delivery) -> None:
        """A report is there."""
        self._arrived.put(delivery)

    def serve(self, seconds: float) -> None:
        """As a producer's `poll`: return when some have been taken in, or the time is over."""
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        self.served_by.add(threading.get_ident())
        try:
            timeout: float | None = seconds
            while (each := self._arrived.get(block=bool(timeout), timeout=timeout)) is not None:
                each.report(None, Message(topic="t", partition=0, offset=1))
                timeout = None
        except queue.Empty:
            pass
        finally:
            self._at_once -= 1


class Forgetful(DeliveryReports):
    """Never wakes anybody to go on with it."""

    def _hand_on(self) -> None:
        self._serving.release()


@pytest.fixture
def inbox() -> Inbox:
    """Give an empty one."""
    return Inbox()


@pytest.fixture
def reports(inbox: Inbox) -> DeliveryReports:
    """Give reports from the inbox."""
    return DeliveryReports(inbox.serve)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Give threads."""
    with ThreadPoolExecutor(40) as pool:
        yield pool


def asleep(reports: DeliveryReports) -> int:
    """How many wait for somebody else to take in theirs."""
    return len(reports._asleep)


def two_wait(
    reports: DeliveryReports, inbox: Inbox, pool: ThreadPoolExecutor
) -> tuple[tuple[Delivery, Delivery], tuple[Future[bool], Future[bool]]]:
    """The first takes in reports, the second sleeps."""
    first, second = Delivery(0), Delivery(0)
    one = pool.submit(reports.wait, first, LONG_SECONDS)
    wait_until(lambda: bool(inbox.served_by), SLACK_SECONDS, "the first serves")
    other = pool.submit(reports.wait, second, LONG_SECONDS)
    wait_until(lambda: asleep(reports) == 1, SLACK_SECONDS, "the second sleeps")
    return (first, second), (one, other)


def test_who_waits_alone_takes_in_his_own(reports: DeliveryReports, inbox: Inbox) -> None:
    """No other thread has a part in it."""
    delivery = Delivery(0)
    inbox.arrives(delivery)
    assert reports.wait(delivery, LONG_SECONDS)
    assert inbox.served_by == {threading.get_ident()}
    assert delivery.acknowledgement is not None


def test_what_was_reported_before_is_not_waited_for(reports: DeliveryReports, inbox: Inbox) -> None:
    """A report that somebody else has taken in meanwhile is there at once, even without time."""
    delivery = Delivery(0)
    inbox.arrives(delivery)
    inbox.serve(0)
    inbox.served_by.clear()
    assert reports.wait(delivery, 0)
    assert inbox.served_by == set()
    assert asleep(reports) == 0


def test_one_serves_for_another(
    reports: DeliveryReports, inbox: Inbox, pool: ThreadPoolExecutor
) -> None:
    """Who sleeps is woken by the one who takes in his report."""
    (first, second), (one, other) = two_wait(reports, inbox, pool)
    inbox.arrives(second)
    assert other.result(SLACK_SECONDS)
    assert not one.done()
    inbox.arrives(first)
    assert one.result(SLACK_SECONDS)


def test_who_has_his_report_hands_on(
    reports: DeliveryReports, inbox: Inbox, pool: ThreadPoolExecutor
) -> None:
    """Another one goes on with it at once, though nobody tends."""
    (first, second), (one, other) = two_wait(reports, inbox, pool)
    inbox.arrives(first)
    assert one.result(SLACK_SECONDS)
    wait_until(lambda: len(inbox.served_by) == 2, SLACK_SECONDS, "the second serves")
    inbox.arrives(second)
    assert other.result(SLACK_SECONDS)
    assert asleep(reports) == 0


def test_nobody_would_go_on_without_handing_on(inbox: Inbox, pool: ThreadPoolExecutor) -> None:
    """The check of it goes red: who is not woken sleeps on, until somebody tends."""
    reports = Forgetful(inbox.serve)
    (first, second), (one, other) = two_wait(reports, inbox, pool)
    inbox.arrives(first)
    assert one.result(SLACK_SECONDS)
    inbox.arrives(second)
    with pytest.raises(TimeoutError):
        other.result(SLACK_SECONDS)
    reports.poll(0)
    assert other.result(SLACK_SECONDS)


def test_it_is_not_handed_to_who_has_his_report(
    reports: DeliveryReports, inbox: Inbox, pool: ThreadPoolExecutor
) -> None:
    """Of those who sleep one with a report would leave, and all others would sleep on."""
    (first, second), (one, other) = two_wait(reports, inbox, pool)
    done = Delivery(0)
    done.report(None, Message(topic="t", partition=0, offset=1))
    reports._asleep[done] = None
    inbox.arrives(first)
    assert one.result(SLACK_SECONDS)
    inbox.arrives(second)
    assert other.result(SLACK_SECONDS)


def test_the_time_is_kept_by_who_serves_and_by_who_sleeps(
    reports: DeliveryReports, pool: ThreadPoolExecutor
) -> None:
    """Without reports each gives up when his time is over, and nobody is left behind."""
    began = time.monotonic()
    waiting = [pool.submit(reports.wait, Delivery(0), seconds) for seconds in (0.3, 0.6, 0.3)]
    assert [it.result(SLACK_SECONDS) for it in waiting] == [False] * 3
    assert 0.6 <= time.monotonic() - began < 0.6 + SLACK_SECONDS
    assert asleep(reports) == 0


def test_what_nobody_waits_for_is_taken_in_by_tending(
    reports: DeliveryReports, inbox: Inbox
) -> None:
    """A report that comes too late is noted all the same."""
    late = Delivery(0)
    assert not reports.wait(late, 0.01)
    inbox.arrives(late)
    reports.poll(0)
    assert late.reported


def test_left_alone_nobody_serves(
    reports: DeliveryReports, inbox: Inbox, pool: ThreadPoolExecutor
) -> None:
    """While somebody else takes reports in, neither tending nor waiting does."""
    delivery = Delivery(0)
    with reports.paused():
        reports.poll(0)
        assert not pool.submit(reports.wait, delivery, 0.1).result(SLACK_SECONDS)
    assert inbox.served_by == set()


def test_a_failure_of_the_one_who_serves_is_his_alone(
    inbox: Inbox, pool: ThreadPoolExecutor
) -> None:
    """Ctrl-C, say: it is raised where it came up, and another one goes on."""
    interrupt = threading.Event()

    def serve(seconds: float) -> None:
        if interrupt.is_set():
            interrupt.clear()
            raise KeyboardInterrupt
        inbox.serve(seconds)

    reports = DeliveryReports(serve)
    (_, second), (one, other) = two_wait(reports, inbox, pool)
    interrupt.set()
    with pytest.raises(KeyboardInterrupt):
        one.result(SLACK_SECONDS)
    inbox.arrives(second)
    assert other.result(SLACK_SECONDS)


@pytest.mark.parametrize("delay_seconds", [0.0, 0.002])
def test_many_at_once_all_get_theirs(
    reports: DeliveryReports, inbox: Inbox, pool: ThreadPoolExecutor, delay_seconds: float
) -> None:
    """40 threads, 4,000 reports in any order: each in time, one serves at a time, nobody tends."""
    chance = random.Random(1)

    def publish(_: object) -> float:
        delivery = Delivery(0)
        began = time.monotonic()
        if delay_seconds:
            threading.Timer(chance.uniform(0, delay_seconds), inbox.arrives, [delivery]).start()
        else:
            inbox.arrives(delivery)
        assert reports.wait(delivery, LONG_SECONDS)
        return time.monotonic() - began

    assert max(pool.map(publish, range(4_000))) < 2 * SLACK_SECONDS
    assert inbox.most_at_once == 1
    assert asleep(reports) == 0
