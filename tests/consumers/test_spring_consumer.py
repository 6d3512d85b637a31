"""A spring-kafka consumer, as in a booking service, on records that the daemon writes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from event_table import TABLE
from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import end_offsets
from harness.polling import wait_until
from harness.processes import Process
from harness.sender import stripe_signature
from harness.tools import spring_consumer
from service import EVENTS, SECRET, daemon_settings

# As in TYPES of tests/consumers/spring/src/main/java/booking/Consumer.java.
MAPPED = {
    "PaymentSucceededEvent": "PaymentSucceeded",
    "RefundSucceededEvent": "RefundSucceeded",
    "DisputeOpenedEvent": "DisputeOpened",
}


class SpringConsumer:
    """The consumer, running in its own consumer group."""

    def __init__(self, kafka: KafkaBroker, topic: str, directory: Path) -> None:
        self._kafka, self._topic, self.group = kafka, topic, f"{topic}.spring"
        properties = {"servers": kafka.bootstrap_servers, "topic": topic, "group": self.group}
        self.process = Process(
            [
                *("java", "-Xmx128m", "-XX:TieredStopAtLevel=1"),
                *(f"-D{name}={value}" for name, value in properties.items()),
                *("-cp", f"{spring_consumer()}/*", "booking.Consumer"),
            ],
            name="spring-consumer",
            directory=directory,
        )

    def lines(self) -> list[dict[str, Any]]:
        """Returns the printed lines."""
        self.process.check_running()
        complete = self.process.stdout_text().rpartition("\n")[0]
        return [json.loads(line) for line in complete.splitlines()]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Waits for a number of printed lines, and returns all of them."""
        wait_until(lambda: len(self.lines()) >= count, 25, f"{count} lines of the consumer")
        return self.lines()

    def lag(self) -> int:
        """Returns the number of records that are not committed."""
        ends = end_offsets(self._kafka.bootstrap_servers, self._topic)
        consumer = Consumer(
            {"bootstrap.servers": self._kafka.bootstrap_servers, "group.id": self.group}
        )
        try:
            partitions = [TopicPartition(self._topic, partition) for partition in ends]
            committed = consumer.committed(partitions, timeout=10)
        finally:
            consumer.close()
        return sum(ends[each.partition] - max(each.offset, 0) for each in committed)


@pytest.fixture
def consumer(kafka: KafkaBroker, topic: str, tmp_path: Path) -> Iterator[SpringConsumer]:
    """Yields a running consumer on a new topic."""
    running = SpringConsumer(kafka, topic, tmp_path)
    yield running
    running.process.kill()


def test_mapped_events_are_typed_and_others_are_skipped(
    kafka: KafkaBroker, topic: str, consumer: SpringConsumer
) -> None:
    """Of all records of the daemon, mapped events get their class, others do not stop it."""
    settings = daemon_settings("", kafka.bootstrap_servers, topic)
    del settings["PAYCLI_STRIPE_API_BASE"]
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        for number, case in enumerate(TABLE):
            body = json.dumps(case.event(id=f"evt_{number}")).encode()
            header = {"Stripe-Signature": stripe_signature(body, SECRET)}
            assert daemon.request("POST", EVENTS, body, header).status == 200
    lines = consumer.wait_for(len(TABLE))
    read = [line for line in lines if line["class"] != "Skipped"]
    skipped = [line["event"]["type"] for line in lines if line["class"] == "Skipped"]
    assert sorted(line["class"] for line in read) == sorted(
        MAPPED[case.name] for case in TABLE if case.name in MAPPED
    )
    assert sorted(skipped) == sorted(c.name for c in TABLE if c.name not in MAPPED)
    for line in read:
        case = next(case for case in TABLE if MAPPED.get(case.name) == line["class"])
        assert line["key"] == case.key
        assert line["event"] == {name: case.value()[name] for name in line["event"]}
        assert len(line["event"]) >= 3
    wait_until(lambda: consumer.lag() == 0, 20, "all records are committed")


def test_additions_and_invalid_records_do_not_stop_the_consumer(
    kafka: KafkaBroker, topic: str, consumer: SpringConsumer
) -> None:
    """A new field, a new event type and a value that is not JSON do not stop it."""
    value = next(case for case in TABLE if case.name == "PaymentSucceededEvent").value()
    extended = json.dumps({**value, "new_field": {"a": 1}}).encode()
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    for name, raw in (
        ("NewEvent", extended),
        ("PaymentSucceededEvent", b"{"),
        ("PaymentSucceededEvent", extended),
    ):
        # One key, so that all records are in one partition and the valid one is last.
        producer.produce(topic, raw, b"pi_1", headers=[("__TypeId__", name.encode())])
    assert producer.flush(20) == 0
    lines = consumer.wait_for(3)
    assert [line["event"].get("type") for line in lines[:2]] == [
        "NewEvent",
        "PaymentSucceededEvent",
    ]
    assert [line["class"] for line in lines] == ["Skipped", "Skipped", "PaymentSucceeded"]
    assert lines[2]["event"]["amount"] == value["amount"]


def test_a_forged_reference_is_refused(
    kafka: KafkaBroker, topic: str, consumer: SpringConsumer
) -> None:
    """A payment of a connected account, or of another amount, is refused despite its reference."""
    value = next(case for case in TABLE if case.name == "PaymentSucceededEvent").value()
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    for changes in ({"account": "acct_1"}, {"amount": 1}, {"reference": None}, {}):
        raw = json.dumps(value | changes).encode()
        producer.produce(topic, raw, b"pi_1", headers=[("__TypeId__", b"PaymentSucceededEvent")])
    assert producer.flush(20) == 0
    lines = consumer.wait_for(4)
    assert [line["class"] for line in lines] == ["Refused"] * 3 + ["PaymentSucceeded"]
    assert lines[0]["event"] == {"payment_id": "pi_1", "account": "acct_1"}
