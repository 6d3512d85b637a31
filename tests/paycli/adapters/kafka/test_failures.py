"""The publisher when Kafka, or librdkafka itself, fails: what callers get, and what comes after."""

import gc
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import falcon.testing
import pytest

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import end_offsets, read_records
from harness.librdkafka import trigger_fatal_error
from harness.polling import wait_until
from paycli.adapters.kafka.delivery_reports import Delivery
from paycli.adapters.kafka.publisher import KafkaPublisher
from paycli.errors import KafkaFailure, NotPersisted, TooManyWebhooks, TopicMissing
from paycli.models import Record
from paycli.settings import KafkaSettings
from server.api.health import HealthResource

ACK_SECONDS = 2
SLACK_SECONDS = 1
RECOVERY_SECONDS = 5
THREADS = 12


@pytest.fixture(scope="module")
def broker() -> Iterator[KafkaBroker]:
    """Give a broker that may be frozen."""
    with KafkaBroker() as broker:
        yield broker


@pytest.fixture
def made(broker: KafkaBroker) -> Iterator[Callable[..., KafkaPublisher]]:
    """Give a maker of ready publishers to the topic `t`, which is there."""
    publishers = []
    if "t" not in broker.topics():
        broker.create_topic("t")

    def make(config: str = "{}", **more: float) -> KafkaPublisher:
        settings = KafkaSettings.model_validate(
            {
                "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
                "PAYCLI_ACK_TIMEOUT_SECONDS": str(ACK_SECONDS),
                "PAYCLI_KAFKA_CONFIG": config,
            }
        )
        publisher = KafkaPublisher(settings, ("t",), THREADS, **more)
        publishers.append(publisher)
        publisher.wait_until_ready()
        return publisher

    yield make
    broker.resume()
    for publisher in publishers:
        publisher.close()


def record(value: bytes = b"{}") -> Record:
    """A record for `t`."""
    return Record("t", b"k", value, ())


def outcome(publisher: KafkaPublisher) -> type[KafkaFailure] | None:
    """The error of one publish, None if it went well; it must keep its deadline."""
    started_at = time.monotonic()
    try:
        publisher.publish(record())
    except KafkaFailure as error:
        return type(error)
    finally:
        assert time.monotonic() - started_at < ACK_SECONDS + SLACK_SECONDS
    return None


def outcomes(publisher: KafkaPublisher, count: int, threads: int = THREADS) -> Counter[object]:
    """How often each comes, of so many published by threads at the same time."""
    with ThreadPoolExecutor(threads) as pool:
        return Counter(pool.map(lambda _: outcome(publisher), range(count)))


def recovers(publisher: KafkaPublisher) -> None:
    """Publishing succeeds again soon."""
    wait_until(lambda: outcome(publisher) is None, RECOVERY_SECONDS, "it publishes again")


def test_after_a_fatal_error_the_producer_is_made_anew(
    made: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """Publishing goes on within seconds, each time, and nothing that was acknowledged is lost."""
    publisher = made()
    acknowledged = {publisher.publish(record()).offset}
    threads = threading.active_count()
    for _ in range(3):
        failed = publisher._producer
        trigger_fatal_error(failed)
        recovers(publisher)
        assert publisher._producer is not failed
        assert publisher.status().alive
        acknowledged.add(publisher.publish(record()).offset)
    assert threading.active_count() == threads
    assert acknowledged <= {r.offset for r in read_records(broker.bootstrap_servers, "t")}


def test_those_who_wait_are_told_of_a_fatal_error_at_once(
    made: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """They get NotPersisted long before their deadline, and hold nothing afterwards."""
    publisher = made()
    broker.pause()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(publisher.publish, record()) for _ in range(4)]
        wait_until(lambda: len(publisher._producer) >= 4, 2, "four records are on their way")
        started_at = time.monotonic()
        trigger_fatal_error(publisher._producer)
        for one in waiting:
            with pytest.raises(NotPersisted):
                one.result(ACK_SECONDS)
        assert time.monotonic() - started_at < SLACK_SECONDS
    broker.resume()
    recovers(publisher)


def test_a_fatal_error_while_no_broker_answers(
    made: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """The new producer finds the broker when it is back."""
    publisher = made()
    broker.pause()
    trigger_fatal_error(publisher._producer)
    assert None not in outcomes(publisher, 50)
    assert publisher.status().alive
    broker.resume()
    recovers(publisher)


def test_a_full_queue_is_refused_at_once_and_nobody_else_is_late(
    made: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """With room for two records at a broker that hangs the others are refused; then it goes on."""
    publisher = made('{"queue.buffering.max.messages": 2}')
    broker.pause()
    counts = outcomes(publisher, 3 * THREADS)
    assert None not in counts
    assert counts[TooManyWebhooks] > 0
    broker.resume()
    recovers(publisher)


def test_nothing_is_left_behind_by_what_failed(
    made: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """After hundreds of failures no record, no waiting delivery and no slot is kept."""
    publisher = made()
    broker.pause()
    assert None not in outcomes(publisher, 500)
    broker.resume()
    recovers(publisher)
    wait_until(lambda: len(publisher._producer) == 0, ACK_SECONDS, "the queue is empty")
    gc.collect()
    assert [it for it in gc.get_objects() if isinstance(it, Delivery)] == []
    assert outcomes(publisher, 5 * THREADS) == {None: 5 * THREADS}


def test_what_callers_gave_up_is_stored_once_when_kafka_is_back(
    made: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """A broker that had stopped gets each of them, and each once, however it was asked again."""
    publisher = made()
    before = end_offsets(broker.bootstrap_servers, "t")
    values = [f"given up {number}".encode() for number in range(THREADS)]
    broker.pause()
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = [pool.submit(publisher.publish, record(value)) for value in values]
        for one in waiting:
            with pytest.raises(NotPersisted):
                one.result(ACK_SECONDS + SLACK_SECONDS)
    broker.resume()
    wait_until(lambda: len(publisher._producer) == 0, RECOVERY_SECONDS, "all are acknowledged")
    stored = read_records(broker.bootstrap_servers, "t", from_offsets=before)
    assert Counter(each.value for each in stored) == Counter(values)


def test_many_that_kafka_does_not_acknowledge_end_in_time(
    made: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """They get NotPersisted when one's deadline is over, and are sent once Kafka is back."""
    publisher = made()
    broker.pause()
    started_at = time.monotonic()
    with pytest.raises(NotPersisted):
        list(publisher.publish_all([[record()] * 100] * 3))
    assert time.monotonic() - started_at < ACK_SECONDS + SLACK_SECONDS
    broker.resume()
    recovers(publisher)
    assert list(publisher.publish_all([[record()] * 100] * 3))[-1] == 300


def test_a_topic_that_goes_away_is_told_and_awaited(
    made: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """Deleted: TopicMissing, and it is not created from here. Created again: published again."""
    publisher = made()
    broker.delete_topic("t")
    wait_until(lambda: outcome(publisher) is TopicMissing, 10, "the topic is missed")
    assert outcomes(publisher, 200) == {TopicMissing: 200}
    assert publisher.status().missing_topics == ("t",)
    assert "t" not in broker.topics()
    broker.create_topic("t")
    recovers(publisher)


def health(publisher: KafkaPublisher) -> tuple[int, str]:
    """Status and word of /healthz over this publisher."""
    app = falcon.App()
    app.add_route("/healthz", HealthResource(publisher))
    told = falcon.testing.TestClient(app).simulate_get("/healthz")
    return told.status_code, told.json["status"]


def test_liveness_sees_a_callback_that_is_stuck(made: Callable[..., KafkaPublisher]) -> None:
    """A callback that does not return: 503 after the limit; when it returns: 200."""
    publisher = made(stuck_seconds=1)
    go_on = threading.Event()
    assert health(publisher) == (200, "ok")

    def block(*_: object) -> None:
        go_on.wait(20)

    publisher._producer.produce("t", b"x", on_delivery=block)
    wait_until(lambda: health(publisher) == (503, "stuck"), 1 + SLACK_SECONDS, "it is seen")
    assert outcome(publisher) is NotPersisted
    go_on.set()
    wait_until(lambda: health(publisher) == (200, "ok"), SLACK_SECONDS, "it is well again")
    recovers(publisher)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_liveness_sees_a_thread_that_is_dead(made: Callable[..., KafkaPublisher]) -> None:
    """A callback that ends the thread: 503, for good; whoever publishes serves himself."""
    publisher = made()

    def end(*_: object) -> None:
        raise SystemExit

    publisher._producer.produce("t", b"x", on_delivery=end)
    wait_until(lambda: health(publisher) == (503, "stuck"), 2, "it is seen")
    assert outcomes(publisher, 5 * THREADS) == {None: 5 * THREADS}
    assert health(publisher) == (503, "stuck")


def test_a_broker_that_is_away_is_no_reason_to_restart(
    made: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """However long Kafka hangs, the process is alive."""
    publisher = made(stuck_seconds=1)
    broker.pause()
    until = time.monotonic() + 3
    while time.monotonic() < until:
        outcome(publisher)
        assert health(publisher) == (200, "ok")
    broker.resume()
    recovers(publisher)
