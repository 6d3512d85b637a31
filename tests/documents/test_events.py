"""paycli/events/README.md has every event, field and header of the records."""

import json
import re
from collections.abc import Callable

import pytest

from harness.markdown import (
    code_spans,
    documents,
    first_column,
    missing,
    read,
    section,
    table,
    with_mistake,
)
from paycli.events import catalogue, types
from paycli.events.cloudevents import to_record
from paycli.events.stripe_event import parse_event

EVENTS = read("paycli/events/README.md")
COMMON = {*types.EventData.full_example()}
NAMES = {kind.__name__ for entry in catalogue.CATALOGUE.values() for kind in entry.events}


def wrong_rows(text: str) -> list[str]:
    """Returns the Stripe events whose row is missing or has other events or fields."""
    found = {row[0].strip("`"): row for row in table(text, "Stripe")}
    wrong = sorted(found.keys() - catalogue.CATALOGUE.keys())
    for stripe_type, entry in catalogue.CATALOGUE.items():
        _, names, fields = found.get(stripe_type, ["", "", ""])
        own = {name for kind in entry.events for name in kind.full_example()} - COMMON
        events = {kind.__name__ for kind in entry.events}
        if (code_spans(names), code_spans(fields)) != (events, own):
            wrong.append(f"{stripe_type}: {events} {own}")
    return wrong


def wrong_fields(text: str) -> list[str]:
    """Returns the common fields, and those of unreadable events, that only one side has."""
    unreadable = section(text, "Events that cannot be read")
    return [
        *sorted(first_column(table(section(text, "Records"), "Field")) ^ COMMON),
        *missing(types.StripeEventUnreadable.model_fields, unreadable),
    ]


def wrong_headers(text: str) -> list[str]:
    """Returns the headers that only the table or only a record has."""
    intent = {"id": "pi_1", "status": "succeeded", "amount": 1, "currency": "eur"}
    body = {
        "id": "evt_1",
        "type": "payment_intent.succeeded",
        "created": 1,
        "livemode": False,
        "api_version": "1",
        "data": {"object": intent},
    }
    event = parse_event(json.dumps(body).encode())
    translated = catalogue.translate(event)
    assert translated is not None
    record = to_record(
        translated,
        event,
        topic="t",
        origin="webhook",
        livemode=False,
        traceparent="x",
        schema_id=b"x",
    )
    return sorted({name for name, _ in record.headers} ^ first_column(table(text, "Header")))


def unknown_events(text: str) -> set[str]:
    """Returns the names that look like one of our events and are none."""
    return set(re.findall(r"\b[A-Z]\w+Event\b", text)) - NAMES


CHECKS = [wrong_rows, wrong_fields, wrong_headers]


@pytest.mark.parametrize("check", CHECKS)
def test_the_tables_are_those_of_the_catalogue(check: Callable[[str], list[str]]) -> None:
    """Events, fields and headers of the tables are those of the code."""
    assert check(EVENTS) == []


@pytest.mark.parametrize("document", documents())
def test_named_events_exist(document: str) -> None:
    """Each event that a document names is one of the catalogue's."""
    assert unknown_events(read(document)) == set()


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (wrong_rows, "| `PaymentCanceledEvent` |", "| `PaymentAbortedEvent` |"),
        (wrong_rows, "`amount_received`, `charge_id`", "`charge_id`"),
        (wrong_rows, "| `session_id`, `mode`, `payment_status`", "| `session_id`"),
        (wrong_rows, "| `payout.paid` |", "| `payout.lost` |"),
        (wrong_fields, "| `occurred_at` |", "| |"),
        (wrong_fields, "| `stripe_event_id` |", "| |"),
        (wrong_headers, "| `ce_time` |", "| |"),
        (wrong_headers, "| `ce_time` |", "| `ce_time`, `ce_date` |"),
    ],
)
def test_a_wrong_row_is_reported(check: Callable[[str], list[str]], old: str, new: str) -> None:
    """The control: a missing, a wrong and an invented name are found."""
    assert check(with_mistake(EVENTS, old, new)) != []


def test_an_unknown_event_is_reported() -> None:
    """The control: an event that does not exist is found."""
    assert unknown_events("`PaymentAbortedEvent`") == {"PaymentAbortedEvent"}
