"""Where a time begins on a topic, also on a broker that knows no times."""

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
    """Give the address of librdkafka's own broker, which finds nothing by time."""
    producer = Producer({"test.mock.num.brokers": 1})
    [broker] = producer.list_topics(timeout=10).brokers.values()
    yield f"{broker.host}:{broker.port}"
    del producer


def begun(servers: str, topic: str, minutes_ago: int) -> int:
    """How many of ten records, one a minute, are read from so many minutes ago on."""
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
def test_a_time_begins_with_its_first_record(
    kafka: KafkaBroker, topic: str, minutes_ago: int, count: int
) -> None:
    """Nothing earlier is read, nothing later left out, and past the last record nothing is."""
    assert begun(kafka.bootstrap_servers, topic, minutes_ago) == count


@pytest.mark.parametrize(("minutes_ago", "count"), [(3, 10), (-1, 0)])
def test_a_broker_without_times_loses_nothing(embedded: str, minutes_ago: int, count: int) -> None:
    """Where the broker can't tell, all is read rather than nothing."""
    assert begun(embedded, "a.topic", minutes_ago) == count


def test_brokers_that_are_away_are_told_with_the_setting() -> None:
    """Whoever reads it knows where to look; nothing of librdkafka's word is lost."""
    away = f"127.0.0.1:{free_port()}"
    settings = KafkaSettings.model_validate({"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": away})
    reader = KafkaReader(settings, "t")
    try:
        with pytest.raises(BrokerUnreachable, match=r"Local: .*PAYCLI_KAFKA_BOOTSTRAP_SERVERS"):
            reader.end_offsets()
    finally:
        reader.close()
