"""Consumers of the released events can read today's.

`tests/released/asyncapi.json` is what was released last. It is written anew at a release, and only
then: paycli asyncapi > tests/released/asyncapi.json
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
TODAY: dict[str, Any] = json.loads(
    json.dumps(document("payments.events", "payments.events.unreadable"))
)

Change = Callable[[dict[str, Any]], object]


def test_nothing_that_was_released_is_broken() -> None:
    """Each event, field and header that was released is there, with its type."""
    assert breaking_changes(RELEASED, TODAY) == []


def succeeded(document: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an event."""
    schema: dict[str, Any] = document["components"]["schemas"]["PaymentSucceededEvent"]
    return schema


def own_headers(document: dict[str, Any]) -> dict[str, Any]:
    """Return what an event says of its headers."""
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
    "made nullable": (
        lambda d: succeeded(d)["properties"]["amount"].update(type=["integer", "null"]),
        "components.PaymentSucceededEvent.amount: made nullable",
    ),
    "made optional": (
        lambda d: succeeded(d)["required"].remove("amount"),
        "components.PaymentSucceededEvent.amount: no longer required",
    ),
    "type left out": (
        lambda d: succeeded(d)["properties"]["amount"].pop("type"),
        "components.PaymentSucceededEvent.amount: type changed",
    ),
    "another time": (
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
        lambda d: own_headers(d)["stripe_event_type"].update(enum=["another"]),
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
        lambda d: own_headers(d)["__TypeId__"].update(const="PaymentPaidEvent"),
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
    "field that is always there": lambda d: (
        succeeded(d)["properties"].update(tip={"type": "integer"}),
        succeeded(d)["required"].append("tip"),
    ),
    "event": lambda d: (
        d["channels"]["events"]["messages"].update(BrandNewEvent={"$ref": "#/x"}),
        d["components"]["messages"].update(BrandNewEvent={}),
        d["components"]["schemas"].update(BrandNewEvent={}),
    ),
    "value of an enum": lambda d: own_headers(d)["stripe_event_type"]["enum"].append("more"),
    "header": lambda d: d["components"]["schemas"]["RecordHeaders"]["properties"].update(
        ce_more={"type": "string"}
    ),
    "never null any longer": lambda d: succeeded(d)["properties"]["charge_id"].update(
        type="string"
    ),
    "other words": lambda d: succeeded(d).update(description="Paid.", examples=[]),
}


@pytest.mark.parametrize(("change", "said"), BREAKS.values(), ids=BREAKS)
def test_a_break_is_seen(change: Change, said: str) -> None:
    """The control: each kind of break is red, with its place and what it is."""
    broken = copy.deepcopy(RELEASED)
    change(broken)
    assert breaking_changes(RELEASED, broken) == [said]


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_is_no_break(change: Change) -> None:
    """What readers skip, or need not fear, stays green."""
    more = copy.deepcopy(RELEASED)
    change(more)
    assert more != RELEASED
    assert breaking_changes(RELEASED, more) == []
