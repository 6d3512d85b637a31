"""Callers of the released HTTP interface can call today's.

`tests/released/openapi.json` is what was released last. It is written anew at a release, and only
then: paycli openapi > tests/released/openapi.json
"""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from harness.openapi_compatibility import breaking_changes
from harness.tools import ROOT
from server.openapi import document_bytes

RELEASED: Any = json.loads((ROOT / "tests/released/openapi.json").read_text("utf-8"))
TODAY: Any = json.loads(document_bytes())
Change = Callable[[Any], object]
ONE = "/api/v1/payments/{payment_id}"


def test_nothing_that_was_released_is_broken() -> None:
    """Each operation, parameter, field and answer that was released is there and takes as much."""
    assert breaking_changes(RELEASED, TODAY) == []


def schema(document: Any, name: str) -> Any:  # noqa: ANN401  (JSON)
    """Return a schema of the document."""
    return document["components"]["schemas"][name]


def create(document: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return the operation that creates a payment."""
    return document["paths"]["/api/v1/payments"]["post"]


def query(document: Any, name: str) -> Any:  # noqa: ANN401  (JSON)
    """Return a parameter of the list of payments."""
    parameters = document["paths"]["/api/v1/payments"]["get"]["parameters"]
    return next(each for each in parameters if each["name"] == name)


BREAKS: dict[str, tuple[Change, str]] = {
    "operation removed": (lambda d: d["paths"][ONE].pop("patch"), f"PATCH {ONE}: removed"),
    "path renamed": (
        lambda d: d["paths"].update({"/readiness": d["paths"].pop("/readyz")}),
        "GET /readyz: removed",
    ),
    "operation renamed": (
        lambda d: create(d).update(operationId="pay"),
        "POST /api/v1/payments: operationId changed",
    ),
    "token needed": (
        lambda d: d["paths"]["/healthz"]["get"].update(security=[{"bearer": []}]),
        "GET /healthz: security changed",
    ),
    "parameter removed": (
        lambda d: d["paths"]["/api/v1/payments"]["get"]["parameters"].remove(query(d, "status")),
        "GET /api/v1/payments status: removed",
    ),
    "parameter required": (
        lambda d: query(d, "reference").update(required=True),
        "GET /api/v1/payments reference: became required",
    ),
    "parameter stricter": (
        lambda d: query(d, "limit")["schema"].update(maximum=50),
        "GET /api/v1/payments limit: maximum stricter",
    ),
    "values of a parameter": (
        lambda d: query(d, "status")["schema"]["enum"].remove("canceled"),
        "GET /api/v1/payments status: enum narrowed",
    ),
    "field no longer taken": (
        lambda d: schema(d, "CreatePayment")["properties"].pop("receipt_email"),
        "POST /api/v1/payments body.receipt_email: removed",
    ),
    "field required": (
        lambda d: schema(d, "CreatePayment")["required"].append("reference"),
        "POST /api/v1/payments body.reference: became required",
    ),
    "null no longer taken": (
        lambda d: schema(d, "CreatePayment")["properties"].update(customer={"type": "string"}),
        "POST /api/v1/payments body.customer: type narrowed",
    ),
    "another pattern": (
        lambda d: schema(d, "CreatePayment")["properties"]["currency"].update(pattern="^[a-z]+$"),
        "POST /api/v1/payments body.currency: pattern changed",
    ),
    "shorter text of a line": (
        lambda d: schema(d, "LineItem")["properties"]["name"].update(maxLength=10),
        "POST /api/v1/payments body.line_items.items.name: maxLength stricter",
    ),
    "field of an answer removed": (
        lambda d: (
            schema(d, "Refund")["properties"].pop("reason"),
            schema(d, "Refund")["required"].remove("reason"),
        ),
        "GET /api/v1/refunds/{refund_id} 200.reason: removed",
    ),
    "type of an answer changed": (
        lambda d: schema(d, "Refund")["properties"]["amount"].update(type="string"),
        "GET /api/v1/refunds/{refund_id} 200.amount: type changed",
    ),
    "answer made nullable": (
        lambda d: schema(d, "Refund")["properties"].update(
            id={"anyOf": [{"type": "string"}, {"type": "null"}]}
        ),
        "GET /api/v1/refunds/{refund_id} 200.id: made nullable",
    ),
    "field of an answer not always there": (
        lambda d: schema(d, "Payment")["required"].remove("status"),
        f"GET {ONE} 200.status: no longer required",
    ),
    "another status": (
        lambda d: create(d)["responses"].update({"200": create(d)["responses"].pop("201")}),
        "POST /api/v1/payments 201: removed",
    ),
    "header removed": (
        lambda d: create(d)["responses"]["201"]["headers"].pop("Location"),
        "POST /api/v1/payments 201 Location: removed",
    ),
    "errors of another type": (
        lambda d: create(d)["responses"]["402"].update(
            content={"application/json": {"schema": {}}}
        ),
        "POST /api/v1/payments 402 application/problem+json: removed",
    ),
}
ADDITIONS: dict[str, Change] = {
    "operation": lambda d: d["paths"].update({"/metrics": {"get": {}}}),
    "parameter": lambda d: d["paths"]["/api/v1/payments"]["get"]["parameters"].append(
        {"name": "customer", "in": "query", "required": False, "schema": {"type": "string"}}
    ),
    "field that may be sent": lambda d: schema(d, "CreatePayment")["properties"].update(
        tip={"type": "integer"}
    ),
    "field that is answered": lambda d: (
        schema(d, "Payment")["properties"].update(tip={"type": "integer"}),
        schema(d, "Payment")["required"].append("tip"),
    ),
    "more is taken": lambda d: query(d, "limit")["schema"].update(maximum=500),
    "way to fail": lambda d: create(d)["responses"].update({"418": create(d)["responses"]["402"]}),
    "fails no more": lambda d: create(d)["responses"].pop("429"),
    "other words": lambda d: create(d).update(summary="Pay"),
}


@pytest.mark.parametrize(("change", "said"), BREAKS.values(), ids=BREAKS)
def test_a_break_is_seen(change: Change, said: str) -> None:
    """The control: each kind of break is red, with its place and what it is."""
    broken = copy.deepcopy(RELEASED)
    change(broken)
    assert said in breaking_changes(RELEASED, broken)


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_is_no_break(change: Change) -> None:
    """What callers need not know of stays green."""
    more = copy.deepcopy(RELEASED)
    change(more)
    assert more != RELEASED
    assert breaking_changes(RELEASED, more) == []
