"""Parsing of Stripe events, as Stripe documents them."""

import json

import pytest

from paycli.errors import NotAStripeEvent
from paycli.events.stripe_event import parse_event

CANARY = "CaNaRy8d1f"

# https://docs.stripe.com/api/events/object, the example there, shortened.
SNAPSHOT = {
    "id": "evt_1NG8Du2eZvKYlo2CUI79vXWy",
    "object": "event",
    "account": "acct_1",
    "api_version": "2019-02-19",
    "created": 1686089970,
    "data": {"object": {"id": "seti_1", "client_secret": CANARY}, "previous_attributes": {"a": 1}},
    "livemode": False,
    "pending_webhooks": 0,
    "request": {"id": None, "idempotency_key": None},
    "type": "setup_intent.created",
}
# https://docs.stripe.com/event-destinations#thin-payload
THIN = {
    "id": "evt_test_65R9Ijk8dKEYZcXeRWn16R9A7j1FSQ3w3TGDPLLGSM4CW0",
    "object": "v2.core.event",
    "type": "v1.billing.meter.error_report_triggered",
    "created": "2024-09-17T06:20:52.246Z",
    "livemode": False,
    "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/billing/meters/mtr_1"},
}


def body(event: object) -> bytes:
    """Return an event as JSON."""
    return json.dumps(event).encode()


def test_a_number_that_python_does_not_convert_is_none() -> None:
    """An event with a number of 5,000 digits is parsed, without that number."""
    raw = b'{"id": "evt_1", "type": "a.b", "data": {"object": {}}, "created": %b}' % (5_000 * b"1")
    assert parse_event(raw).created is None


def test_a_snapshot_event_is_parsed() -> None:
    """Stripe's example is parsed with its envelope, object and previous attributes."""
    event = parse_event(body(SNAPSHOT))
    assert (event.id, event.type) == ("evt_1NG8Du2eZvKYlo2CUI79vXWy", "setup_intent.created")
    assert (event.account, event.api_version) == ("acct_1", "2019-02-19")
    assert (event.created, event.livemode, event.thin) == (1686089970, False, False)
    assert event.object == {"id": "seti_1", "client_secret": CANARY}
    assert event.previous_attributes == {"a": 1}


@pytest.mark.parametrize("data", ["absent", None, {}])
def test_a_thin_event_is_recognized(data: object) -> None:
    """A thin notification may lack `data`; a snapshot event must have it."""
    more = {} if data == "absent" else {"data": data}
    event = parse_event(body(THIN | more))
    assert (event.thin, event.object, event.created) == (True, None, None)
    with pytest.raises(NotAStripeEvent):
        parse_event(body(THIN | {"object": "event"}))


def test_the_representation_does_not_contain_the_object() -> None:
    """The representation contains the id, and nothing of the event's object."""
    event = parse_event(body(SNAPSHOT))
    for text in (repr(event), str(event), f"{event}"):
        assert "evt_1NG8Du2eZvKYlo2CUI79vXWy" in text
        assert CANARY not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_version", 20190219),
        ("api_version", None),
        ("created", "1686089970"),
        ("created", 1.5),
        ("created", True),
        ("livemode", "false"),
        ("livemode", 0),
        ("livemode", None),
        ("account", {"id": "acct_1"}),
        ("account", None),
    ],
)
def test_a_field_of_another_type_is_none(name: str, value: object) -> None:
    """A mistyped field of the envelope is None."""
    assert getattr(parse_event(body(SNAPSHOT | {name: value})), name) is None


@pytest.mark.parametrize(
    ("envelope", "account"),
    [
        ({}, None),
        ({"account": None, "context": None}, None),
        ({"account": "acct_1"}, "acct_1"),
        ({"account": "acct_1", "context": "acct_0/acct_1"}, "acct_1"),
        ({"context": "acct_1"}, "acct_1"),
        ({"account": None, "context": "acct_0/acct_1"}, "acct_1"),
        ({"context": "org_1/acct_0/acct_1"}, "acct_1"),
    ],
)
def test_the_account_is_that_of_the_event_or_its_context(
    envelope: dict[str, object], account: str | None
) -> None:
    """`account` comes first; an Organization's event may have only `context`, a path to it."""
    # https://docs.stripe.com/context
    snapshot = {name: value for name, value in SNAPSHOT.items() if name != "account"}
    event = parse_event(body(snapshot | envelope))
    assert (event.account, event.account_readable) == (account, True)


@pytest.mark.parametrize("name", ["account", "context"])
@pytest.mark.parametrize("value", ["", 1, ["acct_1"], {"id": "acct_1"}, False, "acct_1/"])
def test_an_unreadable_account_is_not_our_own(name: str, value: object) -> None:
    """A mistyped or empty account is reported, so that it is not taken for our own."""
    snapshot = {key: known for key, known in SNAPSHOT.items() if key != "account"}
    event = parse_event(body(snapshot | {name: value}))
    assert (event.account, event.account_readable) == (None, False)


@pytest.mark.parametrize("data", [{}, {"object": None}, {"object": []}, {"object": "x"}])
def test_data_may_have_no_object(data: object) -> None:
    """An event that can't be translated is still an event."""
    event = parse_event(body(SNAPSHOT | {"data": data}))
    assert event.object is None
    assert event.previous_attributes == {}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"null",
        b"[]",
        b"1",
        b'"evt_1"',
        b"{}",
        b"\xff\xfe",
        b'{"id": "evt_1", "type": "\xff", "data": {}}',
        b'{"id": "evt_1", "type": "\\ud800", "data": {}}',
        b'{"id": "evt_1", "type": "x", "data": {"object": NaN}}',
        b'{"id": "evt_1", "type": "x", "data": {"object": -Infinity}}',
        b"[" * 100_000,
        b'{"data":' * 100_000,
        b'{"id": "evt_1", "type": "x", "data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        json.dumps(SNAPSHOT).encode("utf-16"),
    ],
    ids=lambda raw: ascii(raw[:40]),
)
def test_anything_but_a_json_object_is_refused(raw: bytes) -> None:
    """Any other body, however large or deep, raises NotAStripeEvent."""
    with pytest.raises(NotAStripeEvent):
        parse_event(raw)


@pytest.mark.parametrize("name", ["id", "type", "data"])
@pytest.mark.parametrize("value", ["absent", None, "", 1, [], [CANARY], True])
def test_id_type_and_data_are_required(name: str, value: object) -> None:
    """A missing or mistyped id, type or data raises NotAStripeEvent without the value."""
    event = {key: known for key, known in SNAPSHOT.items() if key != name or value != "absent"}
    if value != "absent":
        event[name] = value
    with pytest.raises(NotAStripeEvent) as refused:
        parse_event(body(event))
    assert CANARY not in repr(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
