"""Payment requests and their problems."""

import json

import pytest

from paycli.errors import FieldsInvalid
from paycli.models import CreatePayment

MINIMAL = {"amount": 2000, "currency": "eur"}

CHECKOUT = {
    **MINIMAL,
    "flow": "checkout",
    "reference": "booking-42",
    "success_url": "https://example.org/paid",
}

CANARY = "CaNaRy8d1f"


def parse(fields: object) -> CreatePayment:
    """Parse a request whose body has these fields."""
    return CreatePayment.from_json(json.dumps(fields).encode())


def problems(body: bytes) -> dict[str, str]:
    """Return the problems of a body by pointer, and check that no pointer is repeated."""
    with pytest.raises(FieldsInvalid) as refused:
        CreatePayment.from_json(body)
    details = {problem.where: problem.detail for problem in refused.value.problems}
    assert len(details) == len(refused.value.problems)
    assert all(details.values())
    return details


def pointers(**changes: object) -> set[str]:
    """Return the invalid pointers of a payment of 20 euros with these changes."""
    return set(problems(json.dumps({**MINIMAL, **changes}).encode()))
