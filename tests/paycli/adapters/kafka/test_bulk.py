"""Many records at once: their order, and how many are on their way."""

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
    made = KafkaPublisher(KafkaSettings.model_validate(settings), (topic,), 1, linger_ms=10)
    made.wait_until_ready()
    yield made
    made.close()


def record(topic: str, key: int, value: bytes) -> Record:
    """A record of ours."""
    return Record(topic, b"pi_%d" % key, value, ())


def test_the_order_stays_and_no_more_than_a_window_is_on_its_way(
    kafka: KafkaBroker, publisher: KafkaPublisher, topic: str
) -> None:
    """Of 20,000 records of 7 keys each key's come in their order, each once; all are told."""
    sent, told, most = 0, 0, 0

    def batches() -> Iterator[list[Record]]:
        nonlocal sent, most
        for first in range(0, 20_000, 50):
            batch = [record(topic, n % 7, b"%d" % n) for n in range(first, first + 50)]
            sent += len(batch)
            most = max(most, sent - told)
            yield batch

    for persisted in publisher.publish_all(batches()):
        assert told <= persisted <= sent
        told = persisted
    assert told == 20_000
    assert most <= publisher.WINDOW
    by_key = defaultdict(list)
    for it in read_records(kafka.bootstrap_servers, topic):
        by_key[it.key].append(int(it.value or b""))
    assert by_key == {b"pi_%d" % key: [*range(key, 20_000, 7)] for key in range(7)}


@pytest.mark.parametrize("keep_partitions", [True, False])
def test_stored_records_go_where_they_are_sent(
    kafka: KafkaBroker, publisher: KafkaPublisher, topic: str, *, keep_partitions: bool
) -> None:
    """To the topic that is said instead of their own, and to their partition only if it is kept."""
    stored = [StoredRecord("elsewhere", 2, 0, 7, b"k", b"%d" % n, ()) for n in range(3)]
    told = list(publisher.publish_all([stored], topic, keep_partitions=keep_partitions))
    assert told == [3]
    found = read_records(kafka.bootstrap_servers, topic)
    assert [it.value for it in found] == [b"0", b"1", b"2"]
    by_key = publisher.publish(Record(topic, b"k", b"", ())).partition
    assert {it.partition for it in found} == {2 if keep_partitions else by_key}


def test_what_was_persisted_before_a_failure_is_told(publisher: KafkaPublisher, topic: str) -> None:
    """A record that is too large ends it, also when thousands have gone before."""
    small = [[record(topic, n, b"{}") for n in range(100)]] * 150
    told: list[int] = []
    with pytest.raises(RecordTooLarge):
        told.extend(publisher.publish_all([*small, [record(topic, 0, TOO_LARGE)]]))
    assert 15_000 - publisher.WINDOW <= told[-1] <= 15_000
    assert list(publisher.publish_all(small[:3]))[-1] == 300, "it can be used again"


def test_a_missing_topic_is_told(publisher: KafkaPublisher) -> None:
    """Before anything is sent."""
    with pytest.raises(TopicMissing):
        list(publisher.publish_all([[record("not.there", 0, b"{}")]]))
