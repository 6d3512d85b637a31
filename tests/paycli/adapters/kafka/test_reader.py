"""The offset of a time on a topic, also on a broker without a time index."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from harness.kafka_broker import KafkaBroker
from harness.ports import free_port
from paycli.adapters.kafka.reader import KafkaReader
from paycli.errors import BrokerUnreachable
from paycli.settings import KafkaSettings

NOW_MS = int(time.time() * 1000)
MINUTE_MS = 60_000


@pytest.fixture
def embedded() -> Iterator[str]:
    """Give the address of librdkafka's mock broker, which finds no offset by time."""
    producer = Producer({"test.mock.num.brokers": 1})
    [broker] = producer.list_topics(timeout=10).brokers.values()
    yield f"{broker.host}:{broker.port}"
    del producer


def count_since(servers: str, topic: str, minutes_ago: int) -> int:
    """Write ten records, one a minute; count those read from `minutes_ago` on."""
    producer = Producer({"bootstrap.servers": servers})
    for minute in range(10):
        at = NOW_MS - (9 - minute) * MINUTE_MS
        producer.produce(topic, b"%d" % minute, partition=0, timestamp=at)
    assert producer.flush(10) == 0
    settings = {"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": servers}
    reader = KafkaReader(KafkaSettings.model_validate(settings), topic)
    try:
        since = reader.offsets_at(NOW_MS - minutes_ago * MINUTE_MS)
        return len(list(reader.read(since, reader.end_offsets())))
    finally:
        reader.close()


@pytest.mark.parametrize(("minutes_ago", "count"), [(20, 10), (3, 4), (0, 1), (-1, 0)])
def test_reading_from_a_time_starts_at_its_first_record(
    kafka: KafkaBroker, topic: str, minutes_ago: int, count: int
) -> None:
    """Only records at or after the time are read, and none after the last record."""
    assert count_since(kafka.bootstrap_servers, topic, minutes_ago) == count


@pytest.mark.parametrize(("minutes_ago", "count"), [(3, 10), (-1, 0)])
def test_without_a_time_index_all_records_are_read(
    embedded: str, minutes_ago: int, count: int
) -> None:
    """If the broker can't find the time, all records are read rather than none."""
    assert count_since(embedded, "a.topic", minutes_ago) == count


def test_unreachable_brokers_are_reported_with_the_setting() -> None:
    """The error has librdkafka's text and the name of the setting to check."""
    unused = f"127.0.0.1:{free_port()}"
    settings = KafkaSettings.model_validate({"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": unused})
    reader = KafkaReader(settings, "t")
    try:
        with pytest.raises(BrokerUnreachable, match=r"Local: .*PAYCLI_KAFKA_BOOTSTRAP_SERVERS"):
            reader.end_offsets()
    finally:
        reader.close()


def test_reading_metadata_imports_nothing() -> None:
    """Ctrl-C during an import by the C library would end a command with an ImportError."""
    script = (
        "import sys, paycli.adapters.kafka.reader as reader\n"
        "consumer = reader.Consumer({'group.id': 'g', 'test.mock.num.brokers': 1})\n"
        "before = set(sys.modules)\n"
        "consumer.list_topics(timeout=10)\n"
        "print(sorted(set(sys.modules) - before))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "[]\n"
