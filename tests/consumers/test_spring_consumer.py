"""A consumer on spring-kafka, as a booking service in Java has it, on the records of the daemon."""

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

# The names of its classes are in tests/consumers/spring/src/main/java/booking/Consumer.java.
MAPPED = {
    "PaymentSucceededEvent": "PaymentSucceeded",
    "RefundSucceededEvent": "RefundSucceeded",
    "DisputeOpenedEvent": "DisputeOpened",
}


class SpringConsumer:
    """Runs the consumer in a group of its own while the context lasts."""

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
        """Return what it has printed."""
        self.process.check_running()
        whole = self.process.stdout_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Return what it has printed once it is so many lines."""
        wait_until(lambda: len(self.lines()) >= count, 25, f"{count} lines of the consumer")
        return self.lines()

    def lag(self) -> int:
        """Return how many records it has not committed."""
        ends = end_offsets(self._kafka.bootstrap_servers, self._topic)
        consumer = Consumer(
            {"bootstrap.servers": self._kafka.bootstrap_servers, "group.id": self.group}
        )
        try:
            asked = [TopicPartition(self._topic, partition) for partition in ends]
            committed = consumer.committed(asked, timeout=10)
        finally:
            consumer.close()
        return sum(ends[place.partition] - max(place.offset, 0) for place in committed)


@pytest.fixture
def consumer(kafka: KafkaBroker, topic: str, tmp_path: Path) -> Iterator[SpringConsumer]:
    """Give a running consumer on a new topic."""
    running = SpringConsumer(kafka, topic, tmp_path)
    yield running
    running.process.kill()


def test_it_reads_typed_events_and_passes_over_what_it_does_not_know(
    kafka: KafkaBroker, topic: str, consumer: SpringConsumer
) -> None:
    """Of all that the daemon writes, mapped events arrive in their classes, others stop nothing."""
    settings = daemon_settings("", kafka.bootstrap_servers, topic)
    del settings["PAYCLI_STRIPE_API_BASE"]
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        for number, case in enumerate(TABLE):
            body = json.dumps(case.event(id=f"evt_{number}")).encode()
            header = {"Stripe-Signature": stripe_signature(body, SECRET)}
            assert daemon.request("POST", EVENTS, body, header).status == 200
    lines = consumer.wait_for(len(TABLE))
    read = [line for line in lines if line["class"] != "NotRead"]
    passed_over = [line["event"]["type"] for line in lines if line["class"] == "NotRead"]
    assert sorted(line["class"] for line in read) == sorted(
        MAPPED[case.name] for case in TABLE if case.name in MAPPED
    )
    assert sorted(passed_over) == sorted(c.name for c in TABLE if c.name not in MAPPED)
    for line in read:
        case = next(case for case in TABLE if MAPPED.get(case.name) == line["class"])
        assert line["key"] == case.key
        assert line["event"] == {name: case.value()[name] for name in line["event"]}
        assert len(line["event"]) >= 3
    wait_until(lambda: consumer.lag() == 0, 20, "all of it is committed")


def test_it_survives_what_is_added_later_and_what_is_broken(
    kafka: KafkaBroker, topic: str, consumer: SpringConsumer
) -> None:
    """A new field, a new event and a value that is no JSON are no reason to stop."""
    value = next(case for case in TABLE if case.name == "PaymentSucceededEvent").value()
    more = json.dumps({**value, "brand_new": {"a": 1}}).encode()
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    for name, raw in (
        ("BrandNewEvent", more),
        ("PaymentSucceededEvent", b"{"),
        ("PaymentSucceededEvent", more),
    ):
        # One key, so that all are on one partition and the good one is behind the others.
        producer.produce(topic, raw, b"pi_1", headers=[("__TypeId__", name.encode())])
    assert producer.flush(20) == 0
    lines = consumer.wait_for(3)
    assert [line["event"].get("type") for line in lines[:2]] == [
        "BrandNewEvent",
        "PaymentSucceededEvent",
    ]
    assert [line["class"] for line in lines] == ["NotRead", "NotRead", "PaymentSucceeded"]
    assert lines[2]["event"]["amount"] == value["amount"]
