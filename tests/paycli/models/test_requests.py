"""Reading requests: JSON, JSON pointers and complete lists of problems."""

import json

import pytest

from harness.payment_requests import CANARY, CHECKOUT, parse, pointers, problems
from paycli.errors import BodyNotJson, FieldsInvalid
from paycli.models import CreatePayment


def test_all_problems_are_reported_together() -> None:
    """A request with only invalid fields has one problem for each field."""
    body = {
        "amount": "2000",
        "reference": "",
        "description": 1,
        "customer": 1,
        "receipt_email": 1,
        "metadata": {"a": 1, "b": None},
        "capture_method": "x",
        "flow": "x",
        "success_url": "x",
        "cancel_url": "x",
        "card": "4242",
    }
    assert problems(json.dumps(body).encode()).keys() == {
        "#/amount",
        "#/currency",
        "#/reference",
        "#/description",
        "#/customer",
        "#/receipt_email",
        "#/metadata/a",
        "#/metadata/b",
        "#/capture_method",
        "#/flow",
        "#/success_url",
        "#/cancel_url",
        "#/card",
    }


def test_rules_about_two_fields_are_reported_with_the_others() -> None:
    """Problems between fields are in the same error as the rest."""
    body = {"flow": "checkout", "currency": "kwd", "amount": 1001, "extra": 1}
    assert problems(json.dumps(body).encode()).keys() == {
        "#/reference",
        "#/success_url",
        "#/amount",
        "#/extra",
    }


def test_missing_fields_are_reported() -> None:
    """An empty object lacks exactly amount and currency."""
    assert problems(b"{}").keys() == {"#/amount", "#/currency"}


MANY = {f"field{number}": 1 for number in range(80_000)}
ITEM = {"name": "Night", "amount": 1000}


@pytest.mark.parametrize(
    ("fields", "reported", "omitted"),
    [
        ({"unknown": 1}, 1, 0),
        ({f"field{number}": 1 for number in range(20)}, 20, 0),
        ({f"field{number}": 1 for number in range(21)}, 20, 1),
        (MANY, 20, 79_980),
        # The wrong amount is one of the twenty.
        ({**MANY, "amount": 0}, 20, 79_981),
        ({"metadata": MANY}, 1, 0),
        ({"metadata": {str(number): 1 for number in range(49)}}, 20, 29),
        ({**CHECKOUT, "line_items": [{**ITEM, **MANY}]}, 20, 79_980),
        ({**CHECKOUT, "line_items": [ITEM | {"a": 1, "b": 2, "c": 3}] * 100}, 20, 280),
    ],
    ids=["1", "20", "21", "80000", "known-too", "keys", "values", "nested", "spread"],
)
def test_at_most_twenty_problems_are_reported(
    fields: dict[str, object], reported: int, omitted: int
) -> None:
    """The first twenty are listed, in the detail too, with the number of the others."""
    with pytest.raises(FieldsInvalid) as refused:
        CreatePayment.from_fields({"amount": 2000, "currency": "eur", **fields})
    assert len(refused.value.problems) == reported
    assert refused.value.omitted == omitted
    assert ("more" in refused.value.detail) == (omitted > 0)
    assert f"and {omitted} more" in refused.value.detail or not omitted
    assert len(refused.value.detail) < 5_000


def test_known_fields_are_reported_before_unknown_ones() -> None:
    """However many fields are unknown, those that are known and wrong are listed."""
    with pytest.raises(FieldsInvalid) as refused:
        CreatePayment.from_fields({**MANY, "amount": 0, "currency": "zzz", "flow": 1})
    assert {"#/amount", "#/currency", "#/flow"} < {each.where for each in refused.value.problems}


def test_a_long_name_is_cut_off() -> None:
    """The pointer of an unknown field with a name of a million characters is short."""
    with pytest.raises(FieldsInvalid) as refused:
        parse({"amount": 2000, "currency": "eur", "\u20ac" * 1_000_000: 1})
    assert len(refused.value.detail) < 2_000


# RFC 6901, section 6, the fragments of its own example document.
@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("foo", "#/foo"),
        ("", "#/"),
        ("a/b", "#/a~1b"),
        ("c%d", "#/c%25d"),
        ("e^f", "#/e%5Ef"),
        ("g|h", "#/g%7Ch"),
        ("i\\j", "#/i%5Cj"),
        ('k"l', "#/k%22l"),
        (" ", "#/%20"),
        ("m~n", "#/m~0n"),
        ("~1", "#/~01"),
        ("ü", "#/%C3%BC"),
    ],
)
def test_pointers_are_escaped_as_in_rfc_6901(name: str, pointer: str) -> None:
    """The examples of the RFC have the RFC's pointers, as fields and as metadata keys."""
    assert pointers(**{name: 1}) == {pointer}
    assert pointers(metadata={name: 1}) == {f"#/metadata{pointer[1:]}"}


@pytest.mark.parametrize("body", [b"[]", b"null", b"2000", b'"x"', b"true"])
def test_json_that_is_not_an_object_is_reported_as_a_whole(body: bytes) -> None:
    """The pointer of the whole document is the empty fragment."""
    assert problems(body).keys() == {"#"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"amount": 2000,}',
        b"{'amount': 2000}",
        b'{"amount": 2000} {}',
        b"amount=2000&currency=eur",
        b"\xff\xfe{}",
        b'{"description": "\xff", "amount": 2000, "currency": "eur"}',
        '{"amount": 2000, "currency": "eur"}'.encode("utf-16"),
        b"NaN",
        b'{"amount": NaN, "currency": "eur"}',
        b'{"amount": Infinity, "currency": "eur"}',
        b'{"amount": 2000, "currency": "eur", "x": -Infinity}',
        b"[" * 100_000,
        b'{"metadata":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"description": "\x00"}',
        b'{"description": "\\ud800"}',
    ],
    ids=lambda body: ascii(body[:30]),
)
def test_invalid_json_raises_body_not_json(body: bytes) -> None:
    """Bodies outside RFC 8259 or UTF-8, however large or deep, raise one simple error."""
    with pytest.raises(BodyNotJson):
        CreatePayment.from_json(body)


def test_errors_do_not_contain_values() -> None:
    """Invalid values, such as a card number in a wrong field, are not in the error."""
    fields = {
        "amount": CANARY,
        "currency": CANARY,
        "customer": {"x": CANARY},
        "receipt_email": [CANARY],
        "metadata": {"k": CANARY * 100},
        "flow": CANARY,
        "success_url": CANARY,
        "card": CANARY,
    }
    with pytest.raises(FieldsInvalid) as refused:
        parse(fields)
    assert CANARY not in repr(refused.value) + str(refused.value.problems)


def test_from_fields_has_the_same_rules() -> None:
    """The command line accepts and refuses the same requests as the HTTP API."""
    assert CreatePayment.from_fields(CHECKOUT) == parse(CHECKOUT)
    with pytest.raises(FieldsInvalid) as refused:
        CreatePayment.from_fields({**CHECKOUT, "amount": 0, "success_url": None})
    assert {problem.where for problem in refused.value.problems} == {"#/amount", "#/success_url"}
