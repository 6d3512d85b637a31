"""Consumers of the released events can read the current ones.

`tests/released/asyncapi.json` is the last released document. It is only updated at a
release: paycli asyncapi > tests/released/asyncapi.json
"""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from harness.asyncapi_compatibility import breaking_changes
from harness.tools import ROOT
from paycli.events.asyncapi import document

RELEASED: dict[str, Any] = json.loads((ROOT / "tests/released/asyncapi.json").read_text("utf-8"))
CURRENT: dict[str, Any] = json.loads(
    json.dumps(document("payments.events", "payments.events.unreadable"))
)

Change = Callable[[dict[str, Any]], object]


def test_released_events_are_unchanged() -> None:
    """Each released event, field and header exists with its type."""
    assert breaking_changes(RELEASED, CURRENT) == []


def succeeded(document: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an event."""
    schema: dict[str, Any] = document["components"]["schemas"]["PaymentSucceededEvent"]
    return schema


def specific_headers(document: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of an event's specific headers."""
    message = document["components"]["messages"]["PaymentSucceededEvent"]
    properties: dict[str, Any] = message["headers"]["allOf"][1]["properties"]
    return properties


BREAKS: dict[str, tuple[Change, str]] = {
    "field removed": (
        lambda d: succeeded(d)["properties"].pop("charge_id"),
        "components.PaymentSucceededEvent.charge_id: removed",
    ),
    "type changed": (
        lambda d: succeeded(d)["properties"]["amount"].update(type="string"),
        "components.PaymentSucceededEvent.amount: type changed",
    ),
    "became nullable": (
        lambda d: succeeded(d)["properties"]["amount"].update(type=["integer", "null"]),
        "components.PaymentSucceededEvent.amount: became nullable",
    ),
    "became optional": (
        lambda d: succeeded(d)["required"].remove("amount"),
        "components.PaymentSucceededEvent.amount: no longer required",
    ),
    "type removed": (
        lambda d: succeeded(d)["properties"]["amount"].pop("type"),
        "components.PaymentSucceededEvent.amount: type changed",
    ),
    "format changed": (
        lambda d: succeeded(d)["properties"]["occurred_at"].update(format="date"),
        "components.PaymentSucceededEvent.occurred_at: format changed",
    ),
    "type of a list's items": (
        lambda d: succeeded(d)["properties"]["payment_method_types"]["items"].update(type="object"),
        "components.PaymentSucceededEvent.payment_method_types.items: type changed",
    ),
    "type of a map's values": (
        lambda d: succeeded(d)["properties"]["metadata"]["additionalProperties"].update(
            type="number"
        ),
        "components.PaymentSucceededEvent.metadata.additionalProperties: type changed",
    ),
    "enum narrowed": (
        lambda d: specific_headers(d)["stripe_event_type"].update(enum=["another"]),
        "components.PaymentSucceededEvent.headers.stripe_event_type: enum narrowed",
    ),
    "enum where any value was": (
        lambda d: succeeded(d)["properties"]["status"].update(enum=["succeeded"]),
        "components.PaymentSucceededEvent.status: enum narrowed",
    ),
    "header renamed": (
        lambda d: d["components"]["schemas"]["RecordHeaders"]["properties"].pop("ce_id"),
        "components.RecordHeaders.ce_id: removed",
    ),
    "name for Spring changed": (
        lambda d: specific_headers(d)["__TypeId__"].update(const="PaymentPaidEvent"),
        "components.PaymentSucceededEvent.headers.__TypeId__: const changed",
    ),
    "event removed": (
        lambda d: d["channels"]["events"]["messages"].pop("PaymentSucceededEvent"),
        "channels.events.PaymentSucceededEvent: removed",
    ),
    "topic renamed": (
        lambda d: d["channels"]["events"].update(address="payments"),
        "channels.events: address changed",
    ),
}
ADDITIONS: dict[str, Change] = {
    "field": lambda d: succeeded(d)["properties"].update(tip={"type": "integer"}),
    "required field": lambda d: (
        succeeded(d)["properties"].update(tip={"type": "integer"}),
        succeeded(d)["required"].append("tip"),
    ),
    "event": lambda d: (
        d["channels"]["events"]["messages"].update(BrandNewEvent={"$ref": "#/x"}),
        d["components"]["messages"].update(BrandNewEvent={}),
        d["components"]["schemas"].update(BrandNewEvent={}),
    ),
    "value of an enum": lambda d: specific_headers(d)["stripe_event_type"]["enum"].append("more"),
    "header": lambda d: d["components"]["schemas"]["RecordHeaders"]["properties"].update(
        ce_more={"type": "string"}
    ),
    "no longer nullable": lambda d: succeeded(d)["properties"]["charge_id"].update(type="string"),
    "description changed": lambda d: succeeded(d).update(description="Paid.", examples=[]),
}


@pytest.mark.parametrize(("change", "message"), BREAKS.values(), ids=BREAKS)
def test_a_breaking_change_is_found(change: Change, message: str) -> None:
    """The control: each kind of breaking change is reported with its path."""
    broken = copy.deepcopy(RELEASED)
    change(broken)
    assert breaking_changes(RELEASED, broken) == [message]


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=ADDITIONS)
def test_a_compatible_change_is_accepted(change: Change) -> None:
    """Changes that do not affect consumers are not reported."""
    more = copy.deepcopy(RELEASED)
    change(more)
    assert more != RELEASED
    assert breaking_changes(RELEASED, more) == []
