"""The publisher when Kafka or librdkafka fails: the errors that callers get, and the recovery."""

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
def create_publisher(broker: KafkaBroker) -> Iterator[Callable[..., KafkaPublisher]]:
    """Give a function that creates a ready publisher to the topic `t`, which exists."""
    publishers = []
    if "t" not in broker.topics():
        broker.create_topic("t")

    def create(config: str = "{}", stuck_seconds: float = 10) -> KafkaPublisher:
        settings = KafkaSettings.model_validate(
            {
                "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
                "PAYCLI_ACK_TIMEOUT_SECONDS": str(ACK_SECONDS),
                "PAYCLI_KAFKA_CONFIG": config,
            }
        )
        publisher = KafkaPublisher(settings, ("t",), THREADS, stuck_seconds=stuck_seconds)
        publishers.append(publisher)
        publisher.wait_until_ready()
        return publisher

    yield create
    broker.resume()
    for publisher in publishers:
        publisher.close()


def record(value: bytes = b"{}") -> Record:
    """Build a record for `t`."""
    return Record("t", b"k", value, ())


def outcome(publisher: KafkaPublisher) -> type[KafkaFailure] | None:
    """Publish once; return the type of its error, None for success. It must keep its deadline."""
    started_at = time.monotonic()
    try:
        publisher.publish(record())
    except KafkaFailure as error:
        return type(error)
    finally:
        assert time.monotonic() - started_at < ACK_SECONDS + SLACK_SECONDS
    return None


def outcomes(publisher: KafkaPublisher, count: int, threads: int = THREADS) -> Counter[object]:
    """Publish `count` records from threads at the same time; count each outcome."""
    with ThreadPoolExecutor(threads) as pool:
        return Counter(pool.map(lambda _: outcome(publisher), range(count)))


def wait_for_recovery(publisher: KafkaPublisher) -> None:
    """Return once publishing succeeds again, within the time for recovery."""
    wait_until(lambda: outcome(publisher) is None, RECOVERY_SECONDS, "publishing succeeds")


def test_after_a_fatal_error_the_producer_is_replaced(
    create_publisher: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """Publishing recovers within seconds, each time, and no acknowledged record is lost."""
    publisher = create_publisher()
    acknowledged = {publisher.publish(record()).offset}
    threads = threading.active_count()
    for _ in range(3):
        failed = publisher._producer
        trigger_fatal_error(failed)
        wait_for_recovery(publisher)
        assert publisher._producer is not failed
        assert publisher.status().alive
        acknowledged.add(publisher.publish(record()).offset)
    assert threading.active_count() == threads
    assert acknowledged <= {r.offset for r in read_records(broker.bootstrap_servers, "t")}


def test_waiting_callers_fail_immediately_on_a_fatal_error(
    create_publisher: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """They get NotPersisted long before their deadline, and publishing recovers."""
    publisher = create_publisher()
    broker.pause()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(publisher.publish, record()) for _ in range(4)]
        wait_until(lambda: len(publisher._producer) >= 4, 2, "four records are in flight")
        started_at = time.monotonic()
        trigger_fatal_error(publisher._producer)
        for future in waiting:
            with pytest.raises(NotPersisted):
                future.result(ACK_SECONDS)
        assert time.monotonic() - started_at < SLACK_SECONDS
    broker.resume()
    wait_for_recovery(publisher)


def test_a_fatal_error_while_no_broker_responds(
    create_publisher: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """The new producer connects once the broker is back."""
    publisher = create_publisher()
    broker.pause()
    trigger_fatal_error(publisher._producer)
    assert None not in outcomes(publisher, 50)
    assert publisher.status().alive
    broker.resume()
    wait_for_recovery(publisher)


def test_a_full_queue_refuses_records_immediately_and_delays_no_other(
    create_publisher: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """With room for two records at a hanging broker the others are refused; then it recovers."""
    publisher = create_publisher('{"queue.buffering.max.messages": 2}')
    broker.pause()
    counts = outcomes(publisher, 3 * THREADS)
    assert None not in counts
    assert counts[TooManyWebhooks] > 0
    broker.resume()
    wait_for_recovery(publisher)


def test_failures_leak_nothing(
    create_publisher: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """After hundreds of failures no record, no delivery and no slot is held."""
    publisher = create_publisher()
    broker.pause()
    assert None not in outcomes(publisher, 500)
    broker.resume()
    wait_for_recovery(publisher)
    wait_until(lambda: len(publisher._producer) == 0, ACK_SECONDS, "the queue is empty")
    gc.collect()
    assert [each for each in gc.get_objects() if isinstance(each, Delivery)] == []
    assert outcomes(publisher, 5 * THREADS) == {None: 5 * THREADS}


def test_records_that_timed_out_are_stored_once_when_kafka_is_back(
    create_publisher: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """A broker that was paused stores each of them exactly once, despite retries."""
    publisher = create_publisher()
    before = end_offsets(broker.bootstrap_servers, "t")
    values = [f"timed out {number}".encode() for number in range(THREADS)]
    broker.pause()
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = [pool.submit(publisher.publish, record(value)) for value in values]
        for future in waiting:
            with pytest.raises(NotPersisted):
                future.result(ACK_SECONDS + SLACK_SECONDS)
    broker.resume()
    wait_until(lambda: len(publisher._producer) == 0, RECOVERY_SECONDS, "all are acknowledged")
    stored = read_records(broker.bootstrap_servers, "t", from_offsets=before)
    assert Counter(each.value for each in stored) == Counter(values)


def test_publish_all_times_out_when_kafka_does_not_acknowledge(
    create_publisher: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """It raises NotPersisted at the deadline, and works again once Kafka is back."""
    publisher = create_publisher()
    broker.pause()
    started_at = time.monotonic()
    with pytest.raises(NotPersisted):
        list(publisher.publish_all([[record()] * 100] * 3))
    assert time.monotonic() - started_at < ACK_SECONDS + SLACK_SECONDS
    broker.resume()
    wait_for_recovery(publisher)
    assert list(publisher.publish_all([[record()] * 100] * 3))[-1] == 300


def test_a_deleted_topic_is_reported_and_used_again_once_created(
    create_publisher: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """Deleted: TopicMissing, and it is not created. Created again: publishing recovers."""
    publisher = create_publisher()
    broker.delete_topic("t")
    wait_until(lambda: outcome(publisher) is TopicMissing, 10, "TopicMissing is raised")
    assert outcomes(publisher, 200) == {TopicMissing: 200}
    assert publisher.status().missing_topics == ("t",)
    assert "t" not in broker.topics()
    broker.create_topic("t")
    wait_for_recovery(publisher)


def health(publisher: KafkaPublisher) -> tuple[int, str]:
    """Return status code and `status` of /healthz over this publisher."""
    app = falcon.App()
    app.add_route("/healthz", HealthResource(publisher))
    response = falcon.testing.TestClient(app).simulate_get("/healthz")
    return response.status_code, response.json["status"]


def test_liveness_detects_a_stuck_callback(create_publisher: Callable[..., KafkaPublisher]) -> None:
    """While a callback does not return: 503 after the limit; once it returns: 200."""
    publisher = create_publisher(stuck_seconds=1)
    unblock = threading.Event()
    assert health(publisher) == (200, "ok")

    def block(*_: object) -> None:
        unblock.wait(20)

    publisher._producer.produce("t", b"x", on_delivery=block)
    wait_until(lambda: health(publisher) == (503, "stuck"), 1 + SLACK_SECONDS, "it is detected")
    assert outcome(publisher) is NotPersisted
    unblock.set()
    wait_until(lambda: health(publisher) == (200, "ok"), SLACK_SECONDS, "it is ok again")
    wait_for_recovery(publisher)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_liveness_detects_a_dead_thread(create_publisher: Callable[..., KafkaPublisher]) -> None:
    """A callback that ends the polling thread: 503 for good, and no record counts as persisted."""
    publisher = create_publisher()

    def exit_thread(*_: object) -> None:
        raise SystemExit

    publisher._producer.produce("t", b"x", on_delivery=exit_thread)
    wait_until(lambda: health(publisher) == (503, "stuck"), 2, "it is detected")
    assert outcome(publisher) is NotPersisted
    assert health(publisher) == (503, "stuck")


def test_an_unreachable_broker_is_no_reason_to_restart(
    create_publisher: Callable[..., KafkaPublisher], broker: KafkaBroker
) -> None:
    """While Kafka hangs, /healthz stays ok."""
    publisher = create_publisher(stuck_seconds=1)
    broker.pause()
    hangs_until = time.monotonic() + 3
    while time.monotonic() < hangs_until:
        outcome(publisher)
        assert health(publisher) == (200, "ok")
    broker.resume()
    wait_for_recovery(publisher)
