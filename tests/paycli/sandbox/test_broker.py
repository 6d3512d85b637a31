"""The embedded broker, with other clients."""

from confluent_kafka import Producer

from harness.kafka_records import read_records
from paycli.sandbox.broker import EmbeddedBroker


def test_other_clients_can_produce_and_consume() -> None:
    """The topics exist from the start, and a record with headers is read as it was produced."""
    broker = EmbeddedBroker(["one", "two"])
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers})
    assert {"one", "two"} <= producer.list_topics(timeout=5).topics.keys()
    producer.produce("two", b"value", b"key", headers=[("h", b"1")])
    assert producer.flush(5) == 0
    [record] = read_records(broker.bootstrap_servers, "two")
    assert (record.key, record.value, record.headers) == (b"key", b"value", (("h", b"1"),))
