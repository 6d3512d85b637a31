"""The publisher where those who wait share a thread: each is suspended until its own report."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.librdkafka import trigger_fatal_error
from paycli.adapters.kafka.publisher import KafkaPublisher
from paycli.errors import KafkaFailure, NotPersisted, TooManyWebhooks
from paycli.models import Acknowledgement, Record
from paycli.settings import KafkaSettings
from server.http.waitress.greenlets import GreenletScheduler

ACK_SECONDS = 2.0
SLACK_SECONDS = 1.0
WAITING = 3
MANY = 30

Outcome = Acknowledgement | KafkaFailure


@pytest.fixture(scope="module")
def broker() -> Iterator[KafkaBroker]:
    """Give a broker that may be frozen."""
    with KafkaBroker() as broker:
        broker.create_topic("t")
        yield broker


@pytest.fixture
def publisher(broker: KafkaBroker) -> Iterator[KafkaPublisher]:
    """Give a ready publisher for which three may wait."""
    settings = {
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "PAYCLI_ACK_TIMEOUT_SECONDS": str(ACK_SECONDS),
    }
    made = KafkaPublisher(KafkaSettings.model_validate(settings), ("t",), WAITING)
    made.wait_until_ready()
    # The first one waits for a connection, and all the others would have come before it is there.
    made.publish(Record("t", b"k", b"first", ()))
    yield made
    broker.resume()
    made.close()


@dataclass(frozen=True)
class Request:
    """Publishes its key and notes what came of it, and when."""

    publisher: KafkaPublisher
    key: bytes
    outcomes: dict[bytes, tuple[Outcome, float]]

    def service(self) -> None:
        """As a webhook does."""
        outcome: Outcome
        try:
            outcome = self.publisher.publish(Record("t", b"k", self.key, ()))
        except KafkaFailure as error:
            outcome = error
        self.outcomes[self.key] = outcome, time.monotonic()


def published(
    publisher: KafkaPublisher,
    count: int,
    *,
    a_turn: int,
    meanwhile: Callable[[], None] = lambda: None,
) -> dict[bytes, tuple[Outcome, float]]:
    """What came of each of so many, of which so many come between two turns; all may run."""
    outcomes: dict[bytes, tuple[Outcome, float]] = {}
    inline = GreenletScheduler(publisher.poll_delivery_reports, lambda: None, limit=count)
    left = [Request(publisher, f"{number}".encode(), outcomes) for number in range(count)]
    while left or inline.busy():
        for request in left[:a_turn]:
            inline.add(request)
        del left[:a_turn]
        inline.turn()
        meanwhile()
    return outcomes


def test_nobody_who_waits_for_his_place_is_overtaken(
    publisher: KafkaPublisher, broker: KafkaBroker
) -> None:
    """More come all the time than may wait: all are persisted, in the order they came."""
    outcomes = published(publisher, MANY, a_turn=2 * WAITING)
    assert [type(outcome) for outcome, _ in outcomes.values()] == [Acknowledgement] * MANY
    values = [record.value for record in read_records(broker.bootstrap_servers, "t")]
    assert values[-MANY:] == [f"{number}".encode() for number in range(MANY)]


def test_who_is_suspended_and_who_sleeps_wait_side_by_side(
    publisher: KafkaPublisher, broker: KafkaBroker
) -> None:
    """Threads that take reports in for all hold up nobody, and each gets its own."""
    slept: dict[bytes, tuple[Outcome, float]] = {}

    def sleep_for_each(number: int) -> None:
        for turn in range(10):
            Request(publisher, f"{number}-{turn}".encode(), slept).service()

    threads = [threading.Thread(target=sleep_for_each, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    suspended = published(publisher, MANY, a_turn=1)
    for thread in threads:
        thread.join()
    stored = {
        record.value: (record.partition, record.offset)
        for record in read_records(broker.bootstrap_servers, "t")
    }
    for key, (outcome, _) in (slept | suspended).items():
        assert isinstance(outcome, Acknowledgement)
        assert stored[key] == (outcome.partition, outcome.offset)
    assert (len(slept), len(suspended)) == (20, MANY)


def test_each_keeps_its_deadline_when_kafka_does_not_answer(
    publisher: KafkaPublisher, broker: KafkaBroker
) -> None:
    """Those who may wait do so in vain until theirs, the surplus is refused before."""
    broker.pause()
    began_at = time.monotonic()
    outcomes = published(publisher, 10, a_turn=10)
    assert Counter(type(outcome) for outcome, _ in outcomes.values()) == {
        NotPersisted: WAITING,
        TooManyWebhooks: 10 - WAITING,
    }
    for outcome, ended_at in outcomes.values():
        least = ACK_SECONDS if isinstance(outcome, NotPersisted) else 0.5
        assert least <= ended_at - began_at < least + SLACK_SECONDS


def test_who_is_suspended_is_told_of_a_fatal_error_at_once(
    publisher: KafkaPublisher, broker: KafkaBroker
) -> None:
    """They get NotPersisted long before their deadline."""
    broker.pause()
    failed_at: list[float] = []

    def fail() -> None:
        if not failed_at and len(publisher._producer) == WAITING:
            failed_at.append(time.monotonic())
            trigger_fatal_error(publisher._producer)

    outcomes = published(publisher, WAITING, a_turn=WAITING, meanwhile=fail)
    for outcome, ended_at in outcomes.values():
        assert isinstance(outcome, NotPersisted)
        assert ended_at - failed_at[0] < SLACK_SECONDS
