"""The Python consumer of paycli/events/README.md, on records that the service writes."""

import itertools
import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import Producer
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.kafka_broker import KafkaBroker
from harness.stripe_objects import CREATED, example, stripe_event
from harness.tools import ROOT
from paycli.events import catalogue
from paycli.events.cloudevents import to_record
from paycli.events.stripe_event import parse_event
from paycli.models import Record

DOCUMENT = ROOT / "paycli/events/README.md"

# The lifecycle of a payment with a declined first card, 3-D Secure and a later capture:
# https://docs.stripe.com/payments/paymentintents/lifecycle. Stripe's event type, the status after
# it, and the seconds since the first event; some events happen within the same second.
LIFECYCLE = (
    ("created", "requires_payment_method", 0),
    ("payment_failed", "requires_payment_method", 7),
    ("requires_action", "requires_action", 20),
    ("processing", "processing", 31),
    ("amount_capturable_updated", "requires_capture", 31),
    ("succeeded", "succeeded", 31),
)


def consumer(old: str = "", new: str = "") -> dict[str, Any]:
    """Runs the document's consumer without its endless loop; returns the names that it defines.

    Args:
        old: A part of its source to replace, for controls.
        new: The replacement.
    """
    text = DOCUMENT.read_text("utf-8").partition("## A consumer in Python\n")[2]
    names: dict[str, Any] = {}
    fold, read, _ = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[:3]
    assert len([line for line in fold.splitlines() if line]) <= 30
    assert old in fold
    for source in (fold.replace(old, new) if old else fold, read):
        exec(compile(source, DOCUMENT, "exec"), names)
    return names


NAMES = consumer()


def record(number: int, payment: str = "pi_1") -> Record:
    """Returns the record of one event of the lifecycle."""
    name, status, seconds = LIFECYCLE[number]
    intent = {**example("payment_intent"), "id": payment, "status": status, "amount": 2000}
    stripe_json = stripe_event(
        f"payment_intent.{name}", intent, id=f"evt_{payment}_{name}", created=CREATED + seconds
    )
    event = parse_event(json.dumps(stripe_json).encode())
    translated = catalogue.translate(event)
    assert translated is not None
    return to_record(translated, event, topic="t", origin="webhook", livemode=False)


RECORDS = [record(number) for number in range(len(LIFECYCLE))]


def state_after(
    records: Sequence[Record], kind: Callable[[], Any] = NAMES["Payments"]
) -> Mapping[str, object]:
    """Returns a consumer's state of the payment after it has handled the records."""
    payments = kind()
    for each in records:
        payments.handle(each.headers, each.value)
    event: Mapping[str, object] = payments.latest["pi_1"][1]
    return event


def test_every_order_ends_in_the_same_state() -> None:
    """Six events in all 720 orders, with random duplicates, end in the same state."""
    numbers = random.Random(0)
    final = json.loads(RECORDS[-1].value)
    orders = list(itertools.permutations(RECORDS))
    assert len(orders) == 720
    for order in orders:
        repeated = [each for each in order for _ in range(numbers.randint(1, 3))]
        late_duplicates = numbers.choices(order, k=3)
        assert state_after([*repeated, *late_duplicates]) == final


@given(st.lists(st.integers(0, len(LIFECYCLE) - 2), min_size=1, max_size=12))
@settings(deadline=None)
def test_the_most_advanced_event_determines_the_state(numbers: list[int]) -> None:
    """For any subset of events, the state is that of the most advanced one."""
    assert state_after([RECORDS[n] for n in numbers]) == json.loads(RECORDS[max(numbers)].value)


def test_a_final_state_never_changes() -> None:
    """A failure that occurred after the cancellation does not change the state."""
    stripe_json = stripe_event(
        "payment_intent.canceled",
        {**example("payment_intent"), "id": "pi_1", "status": "canceled"},
        id="evt_canceled",
        created=CREATED + 1,
    )
    event = parse_event(json.dumps(stripe_json).encode())
    translated = catalogue.translate(event)
    assert translated is not None
    canceled = to_record(translated, event, topic="t", origin="webhook", livemode=False)
    assert state_after([canceled, RECORDS[1]])["status"] == "canceled"


def test_duplicates_and_unknown_types_are_skipped() -> None:
    """Records with a known id or an unknown type are not parsed."""
    payments = NAMES["Payments"]()
    payments.handle(RECORDS[0].headers, RECORDS[0].value)
    payments.handle(RECORDS[0].headers, b"not even JSON")
    unknown = tuple(
        (name, b"UnknownEvent" if name == "__TypeId__" else value)
        for name, value in RECORDS[1].headers
    )
    payments.handle(unknown, b"not JSON either")
    assert len(payments.seen) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if rank >", "if True or rank >"),
        ("rank = (final, ", "rank = (0, "),
        (", position)", ", 0)"),
    ],
)
def test_the_rank_is_needed(old: str, new: str) -> None:
    """The control: without any part of the rank, the order of records changes the state."""
    assert order_matters(consumer(old, new)["Payments"])
    assert not order_matters(NAMES["Payments"])


def order_matters(kind: Callable[[], Any]) -> bool:
    """Returns whether the order of events changes a consumer's final state.

    Tries a failure with a later time than the success, and two events of the same second.
    """
    late = replace(RECORDS[1], value=RECORDS[1].value.replace(b"T12:00:07Z", b"T12:01:00Z"))
    return any(
        len({str(state_after(order, kind)) for order in itertools.permutations(records)}) > 1
        or state_after(records, kind) != json.loads(records[-1].value)
        for records in ([late, RECORDS[5]], [RECORDS[3], RECORDS[4]])
    )


def test_the_consumer_reads_a_real_topic(kafka: KafkaBroker, topic: str) -> None:
    """With a real broker it handles each record once, and commits its offsets."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    records = [record(number, f"pi_{n}") for n in range(3) for number in (5, 0, 1, 2, 3, 4)]
    for each in records * 2:
        producer.produce(topic, each.value, each.key, headers=list(each.headers))
    assert producer.flush(20) == 0
    payments = NAMES["Payments"]()
    messages = NAMES["messages"](kafka.bootstrap_servers, topic, f"{topic}.booking")
    for message in itertools.islice(messages, len(records) * 2):
        payments.handle(message.headers(), message.value())
    states = {payment: event["status"] for payment, (_, event) in payments.latest.items()}
    assert states == {f"pi_{n}": "succeeded" for n in range(3)}
    assert len(payments.seen) == len(records)
