"""The rules of a request are those promised to callers; amounts and pointers are written out."""

import json

import pytest

from paycli.errors import BodyNotJson, FieldsInvalid
from paycli.models import CreatePayment, Payment, StoredRecord, rfc3339

PLAIN = {"amount": 2000, "currency": "eur"}
CHECKOUT = {
    **PLAIN,
    "flow": "checkout",
    "reference": "booking-42",
    "success_url": "https://example.org/paid",
}
CANARY = "CaNaRy8d1f"


def read(fields: object) -> CreatePayment:
    """Read a request whose body is these fields."""
    return CreatePayment.from_json(json.dumps(fields).encode())


def problems(body: bytes) -> dict[str, str]:
    """Return what is wrong with a body, by pointer, and that no pointer comes twice."""
    with pytest.raises(FieldsInvalid) as refused:
        CreatePayment.from_json(body)
    found = {problem.where: problem.detail for problem in refused.value.problems}
    assert len(found) == len(refused.value.problems)
    assert all(found.values())
    return found


def pointers(**changes: object) -> set[str]:
    """Return where a payment of 20 euros is wrong with these changes."""
    return set(problems(json.dumps({**PLAIN, **changes}).encode()))


# What is taken


def test_amount_and_currency_are_enough() -> None:
    """The least request is a PaymentIntent, captured at once, with nothing else in it."""
    wanted = read(PLAIN)
    assert wanted.model_dump() == {
        "amount": 2000,
        "currency": "eur",
        "reference": None,
        "description": None,
        "customer": None,
        "receipt_email": None,
        "metadata": {},
        "capture_method": "automatic",
        "flow": "payment_intent",
        "line_items": None,
        "success_url": None,
        "cancel_url": None,
        "account": None,
    }


def test_every_field_of_the_documentation_is_taken() -> None:
    """A checkout with all fields comes through as it was written."""
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
    assert read(fields).model_dump() == fields


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
def test_limits_are_inclusive_and_minimum_and_maximum_left_to_stripe(
    changes: dict[str, object],
) -> None:
    """What stands right at a documented limit is taken."""
    fields = {**PLAIN, **changes}
    taken = read(fields).model_dump()
    assert {name: taken[name] for name in fields} == fields


def test_currencies_are_read_in_either_case() -> None:
    """A currency in capitals is the same currency, in Stripe's spelling."""
    assert read({**PLAIN, "currency": "EUR"}).currency == "eur"


# What is refused, and where


@pytest.mark.parametrize("value", [True, "2000", 2000.0, 20.5, 1e3, None, [2000], {}])
def test_an_amount_is_a_whole_json_number(value: object) -> None:
    """Booleans, texts and fractions, also `2000.0`, are no amounts."""
    assert pointers(amount=value) == {"#/amount"}


@pytest.mark.parametrize("amount", [0, -1, -(10**30)])
def test_an_amount_is_above_zero(amount: int) -> None:
    """Nothing and less than nothing can't be paid."""
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
def test_an_amount_fits_its_currency(currency: str, amount: int, ending: str) -> None:
    """Stripe's special currencies end in zeros, and the refusal says in how many."""
    body = json.dumps({"amount": amount, "currency": currency}).encode()
    found = problems(body)
    assert found.keys() == {"#/amount"}
    assert f"end in {ending}:" in found["#/amount"]


@pytest.mark.parametrize(
    "currency", ["xxx", "irr", "euro", "", "€", "\u212arw", 978, None, ["eur"]]
)
def test_a_currency_is_one_of_stripes(currency: object) -> None:
    """Codes that Stripe does not take, and what is no code, are refused at the currency."""
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
def test_a_wrong_field_is_pointed_at(field: str, value: object) -> None:
    """Each field out of its rules is refused under its own pointer, and nothing else is."""
    assert pointers(**{field: value}) == {f"#/{field}"}


@pytest.mark.parametrize("value", [1, None, True, ["v"], {"x": "y"}])
def test_metadata_values_are_texts(value: object) -> None:
    """A metadata value of another type is pointed at by its key."""
    assert pointers(metadata={"good": "v", "k": value}) == {"#/metadata/k"}


@pytest.mark.parametrize("missing", ["reference", "success_url"])
@pytest.mark.parametrize("how", ["absent", "null"])
def test_checkout_requires_reference_and_success_url(missing: str, how: str) -> None:
    """A checkout lacks neither, whether absent or null; a PaymentIntent needs none of them."""
    fields = {key: value for key, value in CHECKOUT.items() if key != missing}
    if how == "null":
        fields[missing] = None
    found = problems(json.dumps(fields).encode())
    assert found == {f"#/{missing}": "is required for checkout"}


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
def test_urls_of_checkout_are_web_addresses(field: str, url: str) -> None:
    """Where the customer is led is http or https, without blanks, at most 5000 characters."""
    body = json.dumps({**CHECKOUT, field: url}).encode()
    assert problems(body).keys() == {f"#/{field}"}


def test_everything_wrong_is_told_at_once() -> None:
    """A request that is wrong throughout gets one pointer for each field."""
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


def test_rules_about_two_fields_are_told_beside_the_others() -> None:
    """What checkout lacks and what its currency forbids is in the same answer as the rest."""
    body = {"flow": "checkout", "currency": "kwd", "amount": 1001, "extra": 1}
    assert problems(json.dumps(body).encode()).keys() == {
        "#/reference",
        "#/success_url",
        "#/amount",
        "#/extra",
    }


def test_what_is_missing_is_told() -> None:
    """An empty object lacks exactly amount and currency."""
    assert problems(b"{}").keys() == {"#/amount", "#/currency"}


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
def test_pointers_are_escaped_as_rfc_6901_has_it(name: str, pointer: str) -> None:
    """The examples of the RFC, as unknown fields and as metadata keys, get the RFC's pointers."""
    assert pointers(**{name: 1}) == {pointer}
    assert pointers(metadata={name: 1}) == {f"#/metadata{pointer[1:]}"}


@pytest.mark.parametrize("body", [b"[]", b"null", b"2000", b'"x"', b"true"])
def test_json_that_is_no_object_is_pointed_at_as_a_whole(body: bytes) -> None:
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
def test_what_is_not_json_is_refused_as_that(body: bytes) -> None:
    """Bodies outside RFC 8259 or not UTF-8, however large or deep, are one plain refusal."""
    with pytest.raises(BodyNotJson):
        CreatePayment.from_json(body)


def test_refusals_do_not_repeat_what_was_sent() -> None:
    """Values of wrong fields, such as a card number in the wrong place, are not in the answer."""
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
        read(fields)
    assert CANARY not in repr(refused.value) + str(refused.value.problems)


def test_fields_given_one_by_one_meet_the_same_rules() -> None:
    """The command line's way in takes and refuses what the route does."""
    assert CreatePayment.from_fields(CHECKOUT) == read(CHECKOUT)
    with pytest.raises(FieldsInvalid) as refused:
        CreatePayment.from_fields({**CHECKOUT, "amount": 0, "success_url": None})
    assert {problem.where for problem in refused.value.problems} == {"#/amount", "#/success_url"}


# What callers get back


def test_a_payment_has_the_documented_fields_and_hides_its_client_secret() -> None:
    """The answer holds each field, null among them; printing it does not show the secret."""
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
        "cancellation_reason": None,
    }
    assert CANARY not in repr(payment) + str(payment)


# date -u -d @N +%FT%TZ
@pytest.mark.parametrize(
    ("unix_seconds", "written"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_700_000_000, "2023-11-14T22:13:20Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
        (-62_135_596_800, "0001-01-01T00:00:00Z"),
    ],
)
def test_times_are_rfc_3339_in_utc(unix_seconds: int, written: str) -> None:
    """Times are what `date -u` makes of them, with four digits in every year."""
    assert rfc3339(unix_seconds) == written


@pytest.mark.parametrize("unix_seconds", [253_402_300_800, 10**12, 10**18, 10**30, -(10**12)])
def test_times_beyond_four_digits_of_a_year_are_refused_without_the_time(unix_seconds: int) -> None:
    """RFC 3339 has four digits for the year; the refusal does not repeat what was given."""
    with pytest.raises(ValueError, match="out of range") as refused:
        rfc3339(unix_seconds)
    assert not any(character.isdigit() for character in str(refused.value))


def test_the_last_header_of_a_name_counts() -> None:
    """A stored record's header reads as Java's `lastHeader`; one without a value does not count."""
    headers = (("a", b"1"), ("a", "ü".encode()), ("a", None), ("b", b"\xff"), ("c", None))
    record = StoredRecord("t", 0, 0, None, None, None, headers)
    assert (record.header("a"), record.header("b")) == ("ü", "\ufffd")
    assert record.header("c") is record.header("d") is None
