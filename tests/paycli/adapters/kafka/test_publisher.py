"""The publisher against a real broker: what the daemon's tests do not show."""

import threading
from collections.abc import Iterator

import pytest

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from paycli.adapters.kafka.config import producer_config
from paycli.adapters.kafka.publisher import KafkaPublisher
from paycli.errors import RecordTooLarge
from paycli.models import Record
from paycli.settings import KafkaSettings

# Kafka's own test vectors of its hash: clients' UtilsTest.testMurmur2.
MURMUR2 = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.fixture
def settings(kafka: KafkaBroker) -> KafkaSettings:
    """Give the settings for the shared broker."""
    return KafkaSettings.model_validate({"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers})


@pytest.fixture
def publisher(settings: KafkaSettings, topic: str) -> Iterator[KafkaPublisher]:
    """Give a ready publisher to the topic."""
    publisher = KafkaPublisher(settings, (topic,), max_in_flight=14)
    publisher.wait_until_ready()
    yield publisher
    publisher.close()


def record(topic: str, key: bytes = b"k", value: bytes = b"{}") -> Record:
    """Build a record whose headers repeat and are ordered."""
    return Record(topic, key, value, (("b", b"1"), ("a", b"\xff"), ("b", b"2")))


def test_the_acknowledgement_has_the_records_partition_and_offset(
    kafka: KafkaBroker, publisher: KafkaPublisher, topic: str
) -> None:
    """The record is stored at that offset, byte for byte, with its headers in order."""
    acknowledgement = publisher.publish(record(topic))
    [stored] = read_records(kafka.bootstrap_servers, topic)
    assert (stored.partition, stored.offset) == (acknowledgement.partition, acknowledgement.offset)
    assert (stored.key, stored.value) == (b"k", b"{}")
    assert stored.headers == (("b", b"1"), ("a", b"\xff"), ("b", b"2"))


@pytest.mark.parametrize(("key", "hashed"), MURMUR2.items())
def test_keys_go_to_the_same_partition_as_with_javas_producer(
    publisher: KafkaPublisher, topic: str, key: bytes, hashed: int
) -> None:
    """A key's partition is that of Java's default partitioner."""
    assert publisher.publish(record(topic, key)).partition == (hashed & 0x7FFFFFFF) % 3


def test_a_failing_callback_stops_no_other_acknowledgement(
    publisher: KafkaPublisher, topic: str
) -> None:
    """When the callback of a delivery report raises, other reports still arrive."""
    reported = threading.Event()

    def fail(*_: object) -> None:
        reported.set()
        raise RuntimeError("a callback that fails")

    publisher._producer.produce(topic, b"x", on_delivery=fail)
    assert reported.wait(5)
    for _ in range(3):
        assert publisher.publish(record(topic)).offset >= 0


def test_the_producer_itself_refuses_a_record_that_is_too_large(
    publisher: KafkaPublisher, topic: str
) -> None:
    """A record over the client's own limit raises RecordTooLarge immediately."""
    with pytest.raises(RecordTooLarge):
        publisher.publish(record(topic, value=b"x" * 2_000_000))


def test_publishing_from_many_threads_gives_each_its_own_acknowledgement(
    publisher: KafkaPublisher, kafka: KafkaBroker, topic: str
) -> None:
    """Acknowledgements of concurrent records are never swapped."""
    positions: dict[bytes, tuple[int, int]] = {}

    def publish(number: int) -> None:
        for repetition in range(50):
            key = f"{number}-{repetition}".encode()
            acknowledgement = publisher.publish(record(topic, key))
            positions[key] = (acknowledgement.partition, acknowledgement.offset)

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = {
        record.key: (record.partition, record.offset)
        for record in read_records(kafka.bootstrap_servers, topic)
    }
    assert len(positions) == 700
    assert stored == positions


def test_close_stops_its_threads(settings: KafkaSettings, topic: str) -> None:
    """After `close` no thread of the publisher is alive."""
    publisher = KafkaPublisher(settings, (topic,), max_in_flight=2)
    publisher.wait_until_ready()
    publisher.close()
    threads = (publisher._thread, publisher._health._thread)
    assert [thread.name for thread in threads if thread.is_alive()] == []


def test_an_operators_settings_never_weaken_the_acknowledgement() -> None:
    """The operator's librdkafka settings are passed on, except where ours take precedence."""
    config = producer_config(
        KafkaSettings.model_validate(
            {
                "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": "b:1",
                "PAYCLI_KAFKA_CONFIG": '{"client.id": "x", "linger.ms": 5}',
            }
        )
    )
    assert (config["client.id"], config["linger.ms"]) == ("x", 5)
    assert (config["acks"], config["enable.idempotence"]) == ("all", True)
    assert config["partitioner"] == "murmur2_random"
    assert config["bootstrap.servers"] == "b:1"


@pytest.mark.parametrize("ack_timeout_seconds", [0.5, 1, 2, 5, 60])
def test_a_request_to_a_hanging_broker_times_out_before_its_callers_do(
    ack_timeout_seconds: float,
) -> None:
    """The timeout of librdkafka is below the caller's deadline, including its delay of a second."""
    config = producer_config(
        KafkaSettings.model_validate(
            {
                "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": "b:1",
                "PAYCLI_ACK_TIMEOUT_SECONDS": str(ack_timeout_seconds),
            }
        )
    )
    for name in ("socket.timeout.ms", "topic.metadata.propagation.max.ms"):
        timeout_ms = int(config[name])
        assert 0 < timeout_ms < ack_timeout_seconds * 1000
        if ack_timeout_seconds >= 2.5:
            assert timeout_ms + 1000 < ack_timeout_seconds * 1000
