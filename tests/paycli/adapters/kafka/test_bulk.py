"""`publish_all`: the order of many records, and how many are in flight."""

from collections import defaultdict
from collections.abc import Iterator

import pytest

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from paycli.adapters.kafka.publisher import KafkaPublisher
from paycli.errors import RecordTooLarge, TopicMissing
from paycli.models import Record, StoredRecord
from paycli.settings import KafkaSettings

TOO_LARGE = b"x" * 2_000_000


@pytest.fixture
def publisher(kafka: KafkaBroker, topic: str) -> Iterator[KafkaPublisher]:
    """Give a ready publisher to the topic."""
    settings = {"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
    publisher = KafkaPublisher(KafkaSettings.model_validate(settings), (topic,), 1, linger_ms=10)
    publisher.wait_until_ready()
    yield publisher
    publisher.close()


def record(topic: str, key: int, value: bytes) -> Record:
    """Build a record."""
    return Record(topic, b"pi_%d" % key, value, ())


def test_the_order_is_kept_and_at_most_a_window_is_in_flight(
    kafka: KafkaBroker, publisher: KafkaPublisher, topic: str
) -> None:
    """20,000 records of 7 keys: each key's are stored in order, each once, and all are reported."""
    sent, reported, max_in_flight = 0, 0, 0

    def batches() -> Iterator[list[Record]]:
        nonlocal sent, max_in_flight
        for first in range(0, 20_000, 50):
            batch = [record(topic, n % 7, b"%d" % n) for n in range(first, first + 50)]
            sent += len(batch)
            max_in_flight = max(max_in_flight, sent - reported)
            yield batch

    for persisted in publisher.publish_all(batches()):
        assert reported <= persisted <= sent
        reported = persisted
    assert reported == 20_000
    assert max_in_flight <= publisher.WINDOW
    by_key = defaultdict(list)
    for stored in read_records(kafka.bootstrap_servers, topic):
        by_key[stored.key].append(int(stored.value or b""))
    assert by_key == {b"pi_%d" % key: [*range(key, 20_000, 7)] for key in range(7)}


@pytest.mark.parametrize("keep_partitions", [True, False])
def test_stored_records_go_to_the_requested_topic_and_partition(
    kafka: KafkaBroker, publisher: KafkaPublisher, topic: str, *, keep_partitions: bool
) -> None:
    """They go to the passed topic instead of their own, and keep their partition only if asked."""
    stored = [StoredRecord("elsewhere", 2, 0, 7, b"k", b"%d" % n, ()) for n in range(3)]
    progress = list(publisher.publish_all([stored], topic, keep_partitions=keep_partitions))
    assert progress == [3]
    copies = read_records(kafka.bootstrap_servers, topic)
    assert [copy.value for copy in copies] == [b"0", b"1", b"2"]
    partition_of_key = publisher.publish(Record(topic, b"k", b"", ())).partition
    assert {copy.partition for copy in copies} == {2 if keep_partitions else partition_of_key}


def test_records_persisted_before_a_failure_are_reported(
    publisher: KafkaPublisher, topic: str
) -> None:
    """A record that is too large raises, and the records persisted before it were reported."""
    small = [[record(topic, n, b"{}") for n in range(100)]] * 150
    progress: list[int] = []
    with pytest.raises(RecordTooLarge):
        progress.extend(publisher.publish_all([*small, [record(topic, 0, TOO_LARGE)]]))
    assert 15_000 - publisher.WINDOW <= progress[-1] <= 15_000
    assert list(publisher.publish_all(small[:3]))[-1] == 300, "it can be used again"


def test_a_missing_topic_is_reported(publisher: KafkaPublisher) -> None:
    """TopicMissing is raised before anything is sent."""
    with pytest.raises(TopicMissing):
        list(publisher.publish_all([[record("not.there", 0, b"{}")]]))
