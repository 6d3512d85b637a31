"""The Python consumer of paycli/events/README.md, on records that the service writes."""

import itertools
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import Producer
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.example_consumer import consumer
from harness.kafka_broker import KafkaBroker
from harness.stripe_objects import CREATED, example, stripe_event
from paycli.events import catalogue
from paycli.events.cloudevents import to_record
from paycli.events.stripe_event import parse_event
from paycli.models import Record

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


INTENT = {
    **example("payment_intent"),
    "id": "pi_1",
    "amount": 2000,
    "currency": "eur",
    "metadata": {"reference": "booking-42"},
}


NAMES = consumer()
REQUESTED = {"booking-42": (None, 2000, "eur")}


def payments(kind: Callable[[Any], Any] = NAMES["Payments"]) -> Any:  # noqa: ANN401  (the document's class)
    """Returns a consumer that has requested one payment."""
    return kind(REQUESTED)


def record(number: int, payment: str = "pi_1") -> Record:
    """Returns the record of one event of the lifecycle."""
    name, status, seconds = LIFECYCLE[number]
    intent = {**INTENT, "id": payment, "status": status}
    stripe_json = stripe_event(
        f"payment_intent.{name}", intent, id=f"evt_{payment}_{name}", created=CREATED + seconds
    )
    return published(stripe_json)


def published(stripe_json: Mapping[str, object]) -> Record:
    """Returns the record of a Stripe event."""
    event = parse_event(json.dumps(stripe_json).encode())
    translated = catalogue.translate(event)
    assert translated is not None
    schema_id = b"\x01" + b"\xff" * 16  # no UTF-8, and no matter to this consumer
    return to_record(
        translated, event, topic="t", origin="webhook", livemode=False, schema_id=schema_id
    )


RECORDS = [record(number) for number in range(len(LIFECYCLE))]


def state_after(
    records: Sequence[Record], kind: Callable[[Any], Any] = NAMES["Payments"]
) -> Mapping[str, object]:
    """Returns a consumer's state of the payment after it has handled the records."""
    booking = payments(kind)
    for each in records:
        booking.handle(each.headers, each.value)
    event: Mapping[str, object] = booking.latest["pi_1"][1]
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
        {**INTENT, "status": "canceled"},
        id="evt_canceled",
        created=CREATED + 1,
    )
    assert state_after([published(stripe_json), RECORDS[1]])["status"] == "canceled"


def test_duplicates_and_unknown_types_are_skipped() -> None:
    """Records with a known id or an unknown type are not parsed."""
    booking = payments()
    booking.handle(RECORDS[0].headers, RECORDS[0].value)
    booking.handle(RECORDS[0].headers, b"not even JSON")
    unknown = tuple(
        (name, b"UnknownEvent" if name == "__TypeId__" else value)
        for name, value in RECORDS[1].headers
    )
    booking.handle(unknown, b"not JSON either")
    assert len(booking.seen) == 1


# By what is wrong: the envelope, and the changes of the intent.
FORGED: dict[str, tuple[dict[str, str], dict[str, object]]] = {
    "by a connected account": ({"account": "acct_1"}, {}),
    "by an account of an organization": ({"context": "acct_0/acct_1"}, {}),
    "with another amount": ({}, {"amount": 1}),
    "with another currency": ({}, {"currency": "huf"}),
    "with an unknown reference": ({}, {"metadata": {"reference": "booking-43"}}),
    "without a reference": ({}, {"metadata": {}}),
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_payment_that_was_not_requested_is_refused(forgery: str) -> None:
    """The reference alone confirms nothing: account, amount and currency must be as requested."""
    envelope, changes = FORGED[forgery]
    intent = {**INTENT, "status": "succeeded", **changes}
    stripe_json = stripe_event("payment_intent.succeeded", intent, id="evt_2") | envelope
    forged = published(stripe_json)
    booking = payments()
    booking.handle(forged.headers, forged.value)
    assert (booking.latest, booking.seen) == ({}, {"evt_2"})


COMPARISON = 'self.requested.get(event["reference"]) != payment'


@pytest.mark.parametrize(
    ("forgery", "old", "new"),
    [
        ("by a connected account", COMPARISON, "False"),
        ("by a connected account", 'event["account"],', "None,"),
        ("by an account of an organization", 'event["account"],', "None,"),
        ("with another amount", 'event["amount"]', "2000"),
        ("with another currency", 'event["currency"])', '"eur")'),
        (
            "with an unknown reference",
            COMPARISON,
            f'event["reference"] in self.requested and {COMPARISON}',
        ),
        ("without a reference", COMPARISON, f'event["reference"] and {COMPARISON}'),
    ],
)
def test_each_part_of_the_comparison_is_needed(forgery: str, old: str, new: str) -> None:
    """The control: a consumer without one of its parts accepts the forgery."""
    envelope, changes = FORGED[forgery]
    stripe_json = stripe_event(
        "payment_intent.succeeded", {**INTENT, "status": "succeeded", **changes}
    )
    careless = consumer(old, new)["Payments"]
    assert state_after([published(stripe_json | envelope)], careless)["status"] == "succeeded"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if rank >", "if True or rank >"),
        ("rank = (event_type in FINAL, ", "rank = (0, "),
        (", position)", ", 0)"),
    ],
)
def test_the_rank_is_needed(old: str, new: str) -> None:
    """The control: without any part of the rank, the order of records changes the state."""
    assert order_matters(consumer(old, new)["Payments"])
    assert not order_matters(NAMES["Payments"])


def order_matters(kind: Callable[[Any], Any]) -> bool:
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
    booking = payments()
    messages = NAMES["messages"](kafka.bootstrap_servers, topic, f"{topic}.booking")
    for message in itertools.islice(messages, len(records) * 2):
        booking.handle(message.headers(), message.value())
    states = {payment: event["status"] for payment, (_, event) in booking.latest.items()}
    assert states == {f"pi_{n}": "succeeded" for n in range(3)}
    assert len(booking.seen) == len(records)
