"""The rules of payment requests, and the fields of a payment."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from harness.payment_requests import CANARY, CHECKOUT, MINIMAL, parse, pointers, problems
from paycli.models import Payment


def test_amount_and_currency_are_sufficient() -> None:
    """The minimal request is a PaymentIntent with automatic capture."""
    request = parse(MINIMAL)
    assert request.model_dump() == {
        "amount": 2000,
        "currency": "eur",
        "reference": None,
        "description": None,
        "customer": None,
        "payment_method": None,
        "off_session": False,
        "save_payment_method": None,
        "application_fee": None,
        "destination": None,
        "on_behalf_of": None,
        "transfer_group": None,
        "receipt_email": None,
        "metadata": {},
        "capture_method": "automatic",
        "flow": "payment_intent",
        "line_items": None,
        "success_url": None,
        "cancel_url": None,
        "hold": None,
        "statement_descriptor_suffix": None,
        **dict.fromkeys(("ui", "return_url", "expires_at", "locale", "submit_type")),
        "account": None,
    }


def test_every_documented_field_is_accepted() -> None:
    """A checkout with all fields is parsed unchanged."""
    fields = {
        **CHECKOUT,
        "description": "Zwei Nächte 🏨",
        "customer": "cus_1",
        "receipt_email": "guest@example.org",
        "metadata": {"k": "v", "größe": ""},
        "capture_method": "manual",
        "cancel_url": "http://localhost:8000/back?x=1#y",
        "line_items": [
            {"name": "Nacht", "quantity": 2, "amount": 900},
            {"name": "Frühstück", "quantity": 1, "amount": 200},
        ],
        "account": "acct_1",
    }
    assert parse(fields).model_dump() == {
        **parse(CHECKOUT).model_dump(),
        **fields,
    }


HOST = "acct_host"


@pytest.mark.parametrize(
    "fields",
    [
        {"destination": HOST},
        {"destination": HOST, "application_fee": 200, "on_behalf_of": HOST},
        {"destination": HOST, "application_fee": 2000},
        {"account": HOST, "application_fee": 1},
        {"on_behalf_of": HOST, "transfer_group": "booking-42"},
        {**CHECKOUT, "destination": HOST, "application_fee": 200},
    ],
)
def test_the_amount_can_be_shared(fields: dict[str, object]) -> None:
    """With a connected account, of which the payment is or to which its amount goes."""
    assert parse({**MINIMAL, **fields})


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"application_fee": 200}, {"#/application_fee"}),
        ({"application_fee": 200, "on_behalf_of": HOST}, {"#/application_fee"}),
        ({"application_fee": 2001, "destination": HOST}, {"#/application_fee"}),
        ({"application_fee": 0, "destination": HOST}, {"#/application_fee"}),
        ({"application_fee": None, "destination": HOST}, {"#/application_fee"}),
        (
            {"application_fee": 15, "amount": 1500, "currency": "kwd", "destination": HOST},
            {"#/application_fee"},
        ),
        ({"destination": HOST, "account": "acct_1"}, {"#/destination"}),
        (
            {"on_behalf_of": HOST, "transfer_group": "g", "account": "acct_1"},
            {"#/on_behalf_of", "#/transfer_group"},
        ),
        ({"destination": "host"}, {"#/destination"}),
        ({"transfer_group": ""}, {"#/transfer_group"}),
    ],
)
def test_a_share_that_does_not_fit_is_reported(fields: dict[str, object], wrong: set[str]) -> None:
    """A fee needs an account that pays it, and a payment of an account is not passed on."""
    assert pointers(**fields) == wrong


SAVED = {"customer": "cus_1", "payment_method": "pm_1"}


@pytest.mark.parametrize(
    "fields",
    [
        SAVED,
        {**SAVED, "off_session": True},
        {**SAVED, "off_session": True, "capture_method": "manual"},
        {**SAVED, "save_payment_method": "off_session"},
        {"customer": "cus_1", "save_payment_method": "on_session"},
        {**CHECKOUT, "customer": "cus_1", "save_payment_method": "off_session"},
        {**CHECKOUT, "off_session": False},
    ],
)
def test_a_saved_payment_method_can_be_used(fields: dict[str, object]) -> None:
    """With the customer it is charged now, confirmed later, or saved."""
    assert parse({**MINIMAL, **fields})


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"payment_method": "pm_1"}, {"#/customer"}),
        ({"save_payment_method": "off_session"}, {"#/customer"}),
        ({"off_session": True}, {"#/customer", "#/payment_method"}),
        ({"off_session": True, "customer": "cus_1"}, {"#/payment_method"}),
        ({"off_session": True, "payment_method": "pm_1"}, {"#/customer"}),
        (
            {**SAVED, "off_session": True, "save_payment_method": "off_session"},
            {"#/save_payment_method"},
        ),
        ({**SAVED, "save_payment_method": True}, {"#/save_payment_method"}),
        ({**SAVED, "off_session": "true"}, {"#/off_session"}),
        ({**SAVED, "off_session": None}, {"#/off_session"}),
        ({**CHECKOUT, **SAVED}, {"#/payment_method"}),
        ({**CHECKOUT, **SAVED, "off_session": True}, {"#/off_session", "#/payment_method"}),
        ({**CHECKOUT, "save_payment_method": "off_session"}, {"#/customer"}),
    ],
)
def test_a_contradiction_is_reported(fields: dict[str, object], wrong: set[str]) -> None:
    """Each field that is missing or does not fit the others is reported at its own place."""
    assert pointers(**fields) == wrong


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "r"},
        {"reference": "ü" * 200},
        {"metadata": {f"k{n}": "v" * 500 for n in range(49)}},
        {"metadata": {"k" * 40: ""}},
        {"metadata": {"Reference": "x"}},
        {"currency": "jpy", "amount": 1},
        {"currency": "isk", "amount": 500},
        {"currency": "ugx", "amount": 100},
        {"currency": "kwd", "amount": 1010},
        {"currency": "huf", "amount": 1045},
        {"currency": "twd", "amount": 80045},
        {"amount": 1},
        {"amount": 10**30},
        {"reference": None, "description": None, "success_url": None},
    ],
    ids=lambda changes: str(changes)[:30],
)
def test_limits_are_inclusive(
    changes: dict[str, object],
) -> None:
    """Values at a documented limit are accepted; Stripe checks minimum and maximum amount."""
    fields = {**MINIMAL, **changes}
    parsed = parse(fields).model_dump()
    assert {name: parsed[name] for name in fields} == fields


def test_currencies_are_case_insensitive() -> None:
    """A currency in upper case is converted to lower case."""
    assert parse({**MINIMAL, "currency": "EUR"}).currency == "eur"


@pytest.mark.parametrize("value", [True, "2000", 2000.0, 20.5, 1e3, None, [2000], {}])
def test_an_amount_is_a_json_integer(value: object) -> None:
    """Booleans, strings and fractions, also `2000.0`, are refused."""
    assert pointers(amount=value) == {"#/amount"}


@pytest.mark.parametrize("amount", [0, -1, -(10**30)])
def test_an_amount_is_positive(amount: int) -> None:
    """Zero and negative amounts are refused."""
    assert pointers(amount=amount) == {"#/amount"}


@pytest.mark.parametrize(
    ("currency", "amount", "ending"),
    [
        ("isk", 50, "00"),
        ("isk", 2001, "00"),
        ("ugx", 10, "00"),
        ("bhd", 1005, "0"),
        ("jod", 1001, "0"),
        ("kwd", 1001, "0"),
        ("omr", 1, "0"),
        ("tnd", 9999, "0"),
    ],
)
def test_an_amount_is_valid_in_its_currency(currency: str, amount: int, ending: str) -> None:
    """The message says in how many zeros amounts of a special currency end."""
    body = json.dumps({"amount": amount, "currency": currency}).encode()
    details = problems(body)
    assert details.keys() == {"#/amount"}
    assert f"end in {ending}:" in details["#/amount"]


@pytest.mark.parametrize(
    "currency", ["xxx", "irr", "euro", "", "€", "\u212arw", 978, None, ["eur"]]
)
def test_a_currency_is_supported_by_stripe(currency: object) -> None:
    """Unsupported and malformed codes are refused."""
    assert pointers(currency=currency) == {"#/currency"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reference", ""),
        ("reference", "r" * 201),
        ("reference", 42),
        ("description", ["x"]),
        ("description", "d" * 1001),
        ("customer", ""),
        ("customer", 1),
        ("receipt_email", True),
        ("metadata", None),
        ("metadata", []),
        ("metadata", "k=v"),
        ("metadata", {"reference": "booking-42"}),
        ("metadata", {f"k{n}": "v" for n in range(50)}),
        ("metadata", {"": "v"}),
        ("metadata", {"k" * 41: "v"}),
        ("metadata", {"a[b": "v"}),
        ("metadata", {"a]b": "v"}),
        ("metadata", {"k": "v" * 501}),
        ("capture_method", "later"),
        ("capture_method", None),
        ("capture_method", "automatic_async"),
        ("flow", "sepa"),
        ("flow", None),
        ("success_url", "https://example.org/paid"),
        ("cancel_url", "https://example.org/back"),
        ("cancel_url", 1),
    ],
    ids=lambda value: str(value)[:20],
)
def test_an_invalid_field_is_reported_by_its_pointer(field: str, value: object) -> None:
    """Only the invalid field is reported."""
    assert pointers(**{field: value}) == {f"#/{field}"}


@pytest.mark.parametrize("value", [1, None, True, ["v"], {"x": "y"}])
def test_metadata_values_are_strings(value: object) -> None:
    """A metadata value of another type is reported by the pointer of its key."""
    assert pointers(metadata={"good": "v", "k": value}) == {"#/metadata/k"}


@pytest.mark.parametrize("missing", ["reference", "success_url"])
@pytest.mark.parametrize("how", ["absent", "null"])
def test_checkout_requires_reference_and_success_url(missing: str, how: str) -> None:
    """Neither may be absent or null for checkout; a PaymentIntent requires neither."""
    fields = {key: value for key, value in CHECKOUT.items() if key != missing}
    if how == "null":
        fields[missing] = None
    details = problems(json.dumps(fields).encode())
    assert details == {f"#/{missing}": "is required for checkout"}


@pytest.mark.parametrize("field", ["success_url", "cancel_url"])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org",
        "javascript:alert(1)",
        "ftp://example.org",
        "https://example.org/a b",
        "https://example.org/\n",
        "https://example.org/" + "x" * 5000,
    ],
    ids=lambda value: value[:20],
)
def test_urls_of_checkout_are_http_urls(field: str, url: str) -> None:
    """They are http or https, without whitespace, with at most 5000 characters."""
    body = json.dumps({**CHECKOUT, field: url}).encode()
    assert problems(body).keys() == {f"#/{field}"}


def test_a_payment_has_the_documented_fields_and_hides_its_client_secret() -> None:
    """All fields are in the JSON, also null ones; printing does not show the secret."""
    payment = Payment(
        id="pi_1",
        status="requires_payment_method",
        amount=2000,
        currency="eur",
        reference=None,
        client_secret=CANARY,
        payment_url=None,
        livemode=False,
        created_at="2026-01-31T12:00:00Z",
    )
    assert json.loads(payment.model_dump_json()) == {
        "id": "pi_1",
        "status": "requires_payment_method",
        "amount": 2000,
        "currency": "eur",
        "reference": None,
        "client_secret": CANARY,
        "payment_url": None,
        "livemode": False,
        "created_at": "2026-01-31T12:00:00Z",
        "payment_id": None,
        "description": None,
        "metadata": {},
        "capture_method": None,
        "amount_capturable": None,
        "amount_received": None,
        "hold": None,
        "cancellation_reason": None,
        "application_fee": None,
        "destination": None,
        "on_behalf_of": None,
        "transfer_group": None,
        "customer": None,
        "payment_method": None,
    }
    assert CANARY not in repr(payment) + str(payment)


@pytest.mark.parametrize(
    ("ahead", "accepted"),
    [
        (timedelta(hours=24), True),
        (timedelta(minutes=30), True),
        # Times that a retry may have.
        (timedelta(minutes=-1), True),
        (timedelta(days=-29), True),
        (timedelta(hours=24, minutes=6), False),
        (timedelta(days=-31), False),
    ],
)
def test_an_expiry_may_be_that_of_a_retry(ahead: timedelta, *, accepted: bool) -> None:
    """Only a time that no first request can have had is refused: Stripe judges the others."""
    moment = datetime.now(UTC) + ahead
    fields = {**CHECKOUT, "expires_at": moment.isoformat()}
    if accepted:
        assert parse(fields).expires_at == moment
    else:
        assert pointers(**fields) == {"#/expires_at"}
