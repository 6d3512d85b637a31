"""The HTTP interface is backward compatible with the last release.

`tests/released/openapi.json` is the document of the last release. It is replaced only at a release:
paycli openapi > tests/released/openapi.json
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
CURRENT: Any = json.loads(document_bytes())
Change = Callable[[Any], object]
PAYMENT_PATH = "/api/v1/payments/{payment_id}"


# Made on purpose, each with its reason; emptied at a release.
DELIBERATE = [
    # null had meant absence: a client's NaN, which JSON writes as null, refunded everything.
    "POST /api/v1/payments body.amount: type narrowed",
    "POST /api/v1/payments/{payment_id}/capture body.amount: type narrowed",
    "POST /api/v1/payments/{payment_id}/refunds body.amount: type narrowed",
]


def test_the_current_interface_is_backward_compatible() -> None:
    """Each released operation, parameter, field and response exists and is as permissive."""
    assert breaking_changes(RELEASED, CURRENT) == DELIBERATE


def schema(document: Any, name: str) -> Any:  # noqa: ANN401  (JSON)
    """Returns a schema of the document."""
    return document["components"]["schemas"][name]


def create(document: Any) -> Any:  # noqa: ANN401  (JSON)
    """Returns the operation that creates a payment."""
    return document["paths"]["/api/v1/payments"]["post"]


def query(document: Any, name: str) -> Any:  # noqa: ANN401  (JSON)
    """Returns a parameter of the list of payments."""
    parameters = document["paths"]["/api/v1/payments"]["get"]["parameters"]
    return next(each for each in parameters if each["name"] == name)


BREAKS: dict[str, tuple[Change, str]] = {
    "operation removed": (
        lambda d: d["paths"][PAYMENT_PATH].pop("patch"),
        f"PATCH {PAYMENT_PATH}: removed",
    ),
    "path renamed": (
        lambda d: d["paths"].update({"/readiness": d["paths"].pop("/readyz")}),
        "GET /readyz: removed",
    ),
    "operation renamed": (
        lambda d: create(d).update(operationId="pay"),
        "POST /api/v1/payments: operationId changed",
    ),
    "token required": (
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
    "parameter value removed": (
        lambda d: query(d, "status")["schema"]["enum"].remove("canceled"),
        "GET /api/v1/payments status: enum narrowed",
    ),
    "request field removed": (
        lambda d: schema(d, "CreatePayment")["properties"].pop("receipt_email"),
        "POST /api/v1/payments body.receipt_email: removed",
    ),
    "request field required": (
        lambda d: schema(d, "CreatePayment")["required"].append("reference"),
        "POST /api/v1/payments body.reference: became required",
    ),
    "null no longer accepted": (
        lambda d: schema(d, "CreatePayment")["properties"].update(customer={"type": "string"}),
        "POST /api/v1/payments body.customer: type narrowed",
    ),
    "pattern changed": (
        lambda d: schema(d, "CreatePayment")["properties"]["currency"].update(pattern="^[a-z]+$"),
        "POST /api/v1/payments body.currency: pattern changed",
    ),
    "line item text shorter": (
        lambda d: schema(d, "LineItem")["properties"]["name"].update(maxLength=10),
        "POST /api/v1/payments body.line_items.items.name: maxLength stricter",
    ),
    "response field removed": (
        lambda d: (
            schema(d, "Refund")["properties"].pop("reason"),
            schema(d, "Refund")["required"].remove("reason"),
        ),
        "GET /api/v1/refunds/{refund_id} 200.reason: removed",
    ),
    "response field type changed": (
        lambda d: schema(d, "Refund")["properties"]["amount"].update(type="string"),
        "GET /api/v1/refunds/{refund_id} 200.amount: type changed",
    ),
    "response field nullable": (
        lambda d: schema(d, "Refund")["properties"].update(
            id={"anyOf": [{"type": "string"}, {"type": "null"}]}
        ),
        "GET /api/v1/refunds/{refund_id} 200.id: became nullable",
    ),
    "response field optional": (
        lambda d: schema(d, "Payment")["required"].remove("status"),
        f"GET {PAYMENT_PATH} 200.status: no longer required",
    ),
    "status changed": (
        lambda d: create(d)["responses"].update({"200": create(d)["responses"].pop("201")}),
        "POST /api/v1/payments 201: removed",
    ),
    "response header removed": (
        lambda d: create(d)["responses"]["201"]["headers"].pop("Location"),
        "POST /api/v1/payments 201 Location: removed",
    ),
    "error media type changed": (
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
    "optional request field": lambda d: schema(d, "CreatePayment")["properties"].update(
        tip={"type": "integer"}
    ),
    "response field": lambda d: (
        schema(d, "Payment")["properties"].update(tip={"type": "integer"}),
        schema(d, "Payment")["required"].append("tip"),
    ),
    "wider limit": lambda d: query(d, "limit")["schema"].update(maximum=500),
    "new error": lambda d: create(d)["responses"].update({"418": create(d)["responses"]["402"]}),
    "error removed": lambda d: create(d)["responses"].pop("429"),
    "summary changed": lambda d: create(d).update(summary="Pay"),
}


@pytest.mark.parametrize(("change", "reported"), BREAKS.values(), ids=BREAKS)
def test_a_breaking_change_is_reported(change: Change, reported: str) -> None:
    """The control: each kind of breaking change is reported with its place."""
    broken = copy.deepcopy(RELEASED)
    change(broken)
    assert reported in breaking_changes(RELEASED, broken)


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_is_not_reported(change: Change) -> None:
    """Changes that callers can ignore are compatible."""
    extended = copy.deepcopy(RELEASED)
    change(extended)
    assert extended != RELEASED
    assert breaking_changes(RELEASED, extended) == []
