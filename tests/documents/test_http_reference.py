"""server/api/README.md has every route, field, header and error code of the HTTP interface."""

import re
from collections.abc import Callable, Iterator
from typing import get_args

import pytest
from pydantic import BaseModel

from harness.markdown import (
    code_spans,
    first_column,
    missing,
    read,
    rows,
    section,
    table,
    with_mistake,
)
from paycli.models import (
    CancelPayment,
    CapturePayment,
    Charge,
    CreatePayment,
    GrantedHold,
    Hold,
    IncrementPayment,
    LineItem,
    ListPayments,
    ListRefunds,
    Payment,
    Refund,
    RefundPayment,
    UpdatePayment,
)
from server import problems
from server.openapi.operations import OPERATIONS

API = read("server/api/README.md")
RESPONSE_HEADERS = (
    *("X-Request-Id", "Location", "Idempotent-Replayed"),
    *("Retry-After", "WWW-Authenticate", "Cache-Control"),
)
PROBLEM_MEMBERS = (
    *("type", "title", "status", "code", "detail"),
    *("errors", "retryable", "decline_code", "payment_id", "stripe_request_id", "cause"),
    "scope",
)
CHANGES = (
    UpdatePayment,
    IncrementPayment,
    CapturePayment,
    CancelPayment,
    RefundPayment,
    ListRefunds,
)


def wrong_routes(text: str) -> list[str]:
    """Returns the routes that only the code or only the table has."""
    found = {
        (method.lower(), path.replace("{id}", "{}"))
        for row in table(text, "Route")
        for path in re.findall(r"(/[^\s`]+)`", row[0])
        for method in re.findall(r"\b(GET|POST|PUT|PATCH|DELETE)\b", row[0])
    }
    known = {(each.method, re.sub(r"\{\w+\}", "{}", each.path)) for each in OPERATIONS}
    return sorted(map(str, found ^ known))


def wrong_scopes(text: str) -> list[str]:
    """Returns the operations that only the code or only the table of scopes has."""
    found = {
        (scope.strip("`"), *operation.split())
        for scope, operations in table(text, "Scope")
        for operation in code_spans(operations)
    }
    known = {
        (str(each.scope), each.method.upper(), re.sub(r"\{\w+\}", "{id}", each.path))
        for each in OPERATIONS
        if each.scope
    }
    return sorted(map(str, found ^ known))


def missing_fields(text: str) -> list[str]:
    """Returns the fields of requests and responses, and the headers, that are not described."""
    changes = {name for model in CHANGES for name in model.model_fields}
    return [
        *missing(CreatePayment.model_fields, section(text, "Create a payment")),
        *missing(LineItem.model_fields, section(text, "Create a payment")),
        *missing(Payment.model_fields, section(text, "The payment object")),
        *missing(Charge.model_fields, section(text, "The charge")),
        *missing({*Hold.model_fields, *GrantedHold.model_fields}, section(text, "Holds")),
        *missing(ListPayments.model_fields, section(text, "List payments")),
        *missing(changes, section(text, "Update, capture, cancel, refund")),
        *missing(Refund.model_fields, section(text, "The refund object")),
        *(name for tag in tags() for name in missing(fields(tag), section(text, tag))),
        *sorted({*PROBLEM_MEMBERS} - first_column(table(text, "Member"))),
        *missing(RESPONSE_HEADERS, text),
    ]


def tags() -> set[str]:
    """Returns the titles of the resources that have one section each."""
    known = {each.tag for each in OPERATIONS if each.scope}
    return {tag.capitalize() for tag in known - {"payments", "refunds"}}


def fields(tag: str) -> set[str]:
    """Returns the fields of all requests and objects of a resource; of a page, its objects'."""
    models = [
        object_of(model)
        for each in OPERATIONS
        if each.tag == tag.lower()
        for model in (each.body, each.query, each.response)
        if model is not None
    ]
    assert models
    return {name for model in models for name in model.model_fields}


def object_of(model: type[BaseModel]) -> type[BaseModel]:
    """Returns the model of the objects on a page; any other model itself."""
    if not model.__name__.endswith("Page"):
        return model
    object_model: type[BaseModel] = get_args(model.model_fields["data"].annotation)[0]
    return object_model


def wrong_failures(text: str) -> list[str]:
    """Returns the codes whose row is missing or wrong, and those that do not exist."""
    found = [row for row in rows(section(text, "Errors")) if row[0].isdigit()]
    wrong, known = [], set()
    for code, *cells in failures():
        known.add(code)
        own = [row for row in found if code in code_spans(row[1])]
        # The columns that a table does not have are empty in all of its rows.
        if not own or any([row[0], *[*row[2:-1], "", ""][:2]] != cells for row in own):
            wrong.append(f"{code} {cells}")
    return wrong + sorted({it for row in found for it in code_spans(row[1])} - known)


def failures() -> Iterator[tuple[str, str, str, str]]:
    """Yields each failure that HTTP can report: code, status, Retry-After, retryable."""
    for kind, problem_type in problems.PROBLEM_TYPES.items():
        retryable = getattr(kind, "retryable", None)
        yield (
            kind.code,
            str(int(problem_type.status)),
            str(problem_type.retry_after_seconds or ""),
            "" if retryable is None else str(retryable).lower(),
        )
    for http_status, code in problems.HTTP_CODES.items():
        yield code, str(int(http_status)), "", ""


@pytest.mark.parametrize("check", [wrong_routes, wrong_scopes, missing_fields, wrong_failures])
def test_the_reference_agrees_with_the_code(check: Callable[[str], list[str]]) -> None:
    """Routes, fields, headers and errors of the reference are those of the code."""
    assert check(API) == []


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (wrong_routes, "| `GET /api/v1/refunds/{id}` | your", "| `GET /api/v1/refund/{id}` | your"),
        (wrong_scopes, "| `refunds:write` | `POST", "| `refunds:write` | `PUT"),
        (wrong_routes, "`GET`, `PATCH /api/v1/payments/{id}`", "`GET /api/v1/payments/{id}`"),
        (missing_fields, "| `receipt_email` |", "| |"),
        (missing_fields, "| `payment_url` |", "| |"),
        (missing_fields, "| `setup_url` |", "| |"),
        (
            missing_fields,
            "| `type` | Stripe's: `card`, `sepa_debit`",
            "| | Stripe's: `card`, `sepa_debit`",
        ),
        (missing_fields, "| `decline_code` |", "| |"),
        (missing_fields, "`Idempotent-Replayed: true`", "a header"),
        (missing_fields, "and `quantity` (default 1)", ""),
        (missing_fields, "| `created_from`, `created_to` |", "| `from`, `to` |"),
        (missing_fields, "`reason`, `failure_reason`", "`reason`"),
        (wrong_failures, "| 503 | `busy` | 1 |", "| 503 | `busy` | 2 |"),
        (wrong_failures, "`stripe_credentials` | | false |", "`stripe_credentials` | | true |"),
        (wrong_failures, "| 504 | `stripe_timeout`", "| 502 | `stripe_timeout`"),
        (wrong_failures, "`kafka_overloaded` | 1", "`kafka_slow` | 1"),
        (wrong_failures, "| 431 | `headers_too_large`", "| 431 | too large"),
        (wrong_failures, "| 403 | `account_invalid` |", "| 404 | `account_invalid` |"),
    ],
)
def test_a_mistake_in_the_reference_is_reported(
    check: Callable[[str], list[str]], old: str, new: str
) -> None:
    """The control: what is missing, wrong or does not exist is found."""
    assert check(with_mistake(API, old, new)) != []
