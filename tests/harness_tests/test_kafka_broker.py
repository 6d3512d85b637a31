"""The broker of the tests is a real one and can be made to fail."""

import os
import socket
import time
import uuid

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import ConsumedRecord, end_offsets, read_records
from harness.processes import ProcessExitedError

SENT = [(f"key-{number}".encode(), f"value-{number}".encode()) for number in range(50)]


def produce(broker: KafkaBroker, topic: str, timeout_seconds: float = 20) -> list[Message]:
    """Produce SENT and return the acknowledged messages."""
    acknowledged: list[Message] = []

    def on_delivery(error: KafkaError | None, message: Message) -> None:
        if error is None:
            acknowledged.append(message)

    producer = Producer(
        {
            "bootstrap.servers": broker.bootstrap_servers,
            "message.timeout.ms": int(timeout_seconds * 1000),
            "log_level": 0,
        }
    )
    for key, value in SENT:
        producer.produce(
            topic,
            value,
            key,
            headers=[("n", key), ("n", b"last"), ("empty", None)],
            on_delivery=on_delivery,
        )
    producer.flush(timeout_seconds + 10)
    return acknowledged


def test_records_are_read_back_in_full(kafka: KafkaBroker, topic: str) -> None:
    """Records are read with key, value, headers, partition and timestamp as they were produced."""
    started_ms = time.time() * 1000 - 1
    assert len(produce(kafka, topic)) == len(SENT)
    records = read_records(kafka.bootstrap_servers, topic)
    assert sorted((record.key, record.value) for record in records) == sorted(SENT)
    for record in records:
        assert record.headers == (("n", record.key), ("n", b"last"), ("empty", None))
        assert (record.header("n"), record.header("empty"), record.header("x")) == (
            "last",
            None,
            None,
        )
        assert started_ms <= record.timestamp_ms <= time.time() * 1000 + 1
    assert {record.partition for record in records} == {0, 1, 2}


def test_reading_can_start_at_earlier_end_offsets(kafka: KafkaBroker, topic: str) -> None:
    """`from_offsets` with earlier `end_offsets` returns only newer records."""
    assert end_offsets(kafka.bootstrap_servers, topic) == {0: 0, 1: 0, 2: 0}
    assert read_records(kafka.bootstrap_servers, topic) == []
    produce(kafka, topic)
    ends = end_offsets(kafka.bootstrap_servers, topic)
    assert sum(ends.values()) == len(SENT)
    assert read_records(kafka.bootstrap_servers, topic, from_offsets=ends) == []
    produce(kafka, topic)
    since = read_records(kafka.bootstrap_servers, topic, from_offsets=ends)
    assert len(since) == len(SENT)
    assert all(record.offset >= ends[record.partition] for record in since)


def test_reading_a_missing_topic_does_not_create_it(kafka: KafkaBroker) -> None:
    """The harness never creates a topic by reading it, but a producer creates one by writing."""
    missing = f"missing.{uuid.uuid4().hex}"
    with pytest.raises(KafkaException):
        read_records(kafka.bootstrap_servers, missing)
    assert missing not in kafka.topics()
    produce(kafka, missing)
    assert missing in kafka.topics()
    kafka.delete_topic(missing)
    assert missing not in kafka.topics()


def test_topic_has_its_settings(kafka: KafkaBroker) -> None:
    """A topic is created with the requested partitions and settings."""
    name = f"settings.{uuid.uuid4().hex}"
    kafka.create_topic(name, 5, {"max.message.bytes": "100"})
    assert len(end_offsets(kafka.bootstrap_servers, name)) == 5
    assert produce(kafka, name) == []


def test_killed_broker_keeps_its_records() -> None:
    """After SIGKILL there is no broker; started again it has the same address and records."""
    with KafkaBroker() as broker:
        broker.create_topic("stored")
        produce(broker, "stored")
        before = read_records(broker.bootstrap_servers, "stored")
        address, first_pid = broker.bootstrap_servers, broker.process.pid
        broker.kill()
        with pytest.raises(ProcessLookupError):
            os.kill(first_pid, 0)
        assert produce(broker, "stored", timeout_seconds=1) == []
        broker.start()
        assert broker.bootstrap_servers == address
        after = read_records(address, "stored")
        assert contents(after)[: len(before)] == contents(before)
        assert len(produce(broker, "stored")) == len(SENT)
        broker.stop()
        broker.start()
        assert len(read_records(address, "stored")) == len(after) + len(SENT)
        last_pid = broker.process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(last_pid, 0)


def contents(records: list[ConsumedRecord]) -> list[tuple[bytes | None, bytes | None]]:
    """Return keys and values in an order that does not depend on later records."""
    return sorted((record.key, record.value) for record in records)


def test_suspended_broker_acknowledges_nothing() -> None:
    """A suspended broker acknowledges nothing; once resumed it accepts records again."""
    with KafkaBroker() as broker:
        broker.create_topic("suspended")
        broker.pause()
        assert produce(broker, "suspended", timeout_seconds=1) == []
        broker.resume()
        assert len(produce(broker, "suspended")) == len(SENT)


def test_broker_that_cannot_start_shows_its_output() -> None:
    """A broker that exits while starting raises an error with the end of its output."""
    broker = KafkaBroker()
    host, _, port = broker.bootstrap_servers.partition(":")
    with (
        socket.create_server((host, int(port))),
        pytest.raises(ProcessExitedError, match="Address already in use"),
        broker,
    ):
        pass


def test_an_attached_broker_is_shared_and_left_running(kafka: KafkaBroker, topic: str) -> None:
    """A second process can use the topics of a running broker, but cannot stop it."""
    with KafkaBroker.attach(kafka.bootstrap_servers) as attached:
        assert topic in attached.topics()
        assert len(produce(attached, topic)) == len(SENT)
        with pytest.raises(RuntimeError, match="another process runs this broker"):
            attached.kill()
    assert len(read_records(kafka.bootstrap_servers, topic)) == len(SENT)
