"""Records have the documented headers, in the binary mode of CloudEvents' Kafka binding."""

from dataclasses import replace
from typing import Any

import pytest

from paycli.events.cloudevents import Origin, to_record
from paycli.events.stripe_event import StripeEvent
from paycli.models import InternalEvent, Record

VALUE = '{"payment_id":"pi_1","metadata":{"größe":"XL"}}'.encode()
INTERNAL_EVENT = InternalEvent(
    name="PaymentSucceededEvent",
    version=1,
    subject="pi_1",
    value=VALUE,
    occurred_at="2026-01-31T12:00:00Z",
)
EVENT = StripeEvent(
    id="evt_1",
    type="payment_intent.succeeded",
    thin=False,
    api_version="2026-10-28.endive",
    created=1_769_860_800,
    livemode=False,
    account=None,
    object={"client_secret": "CaNaRy8d1f"},
    previous_attributes={},
)
# https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def record(
    internal_event: InternalEvent = INTERNAL_EVENT,
    event: StripeEvent = EVENT,
    **changes: Any,  # noqa: ANN401  (arguments of to_record)
) -> Record:
    """Return the record of a webhook's event."""
    settings: dict[str, Any] = {"topic": "payments.events", "origin": "webhook", "livemode": False}
    return to_record(internal_event, event, **(settings | changes))


def headers(record: Record) -> dict[str, bytes]:
    """Return the headers by name, and check that no name is repeated."""
    values = dict(record.headers)
    assert len(values) == len(record.headers)
    return values


def test_the_schema_id_is_one_more_header() -> None:
    """It is the last one, binary, and changes nothing else."""
    plain, with_id = record(), record(schema_id=b"\x00\x00\x00\x00\xff")
    assert with_id.headers == (*plain.headers, ("__value_schema_id", b"\x00\x00\x00\x00\xff"))
    assert replace(with_id, headers=plain.headers) == plain


def test_a_record_is_a_cloudevent_in_binary_mode() -> None:
    """The value is the event data, the key its subject, and all attributes are headers."""
    result = record(traceparent=TRACEPARENT)
    assert (result.topic, result.key, result.value) == ("payments.events", b"pi_1", VALUE)
    assert headers(result) == {
        "ce_specversion": b"1.0",
        "ce_id": b"evt_1",
        "ce_type": b"payments.PaymentSucceededEvent.v1",
        "ce_source": b"/stripe/self/test",
        "ce_subject": b"pi_1",
        "ce_time": b"2026-01-31T12:00:00Z",
        "content-type": b"application/json",
        "__TypeId__": b"PaymentSucceededEvent",
        "stripe_event_type": b"payment_intent.succeeded",
        "stripe_api_version": b"2026-10-28.endive",
        "livemode": b"false",
        "origin": b"webhook",
        "traceparent": TRACEPARENT.encode(),
    }


@pytest.mark.parametrize(
    ("account", "livemode", "source", "mode"),
    [
        (None, True, b"/stripe/self/live", b"true"),
        (None, False, b"/stripe/self/test", b"false"),
        ("acct_1", True, b"/stripe/acct_1/live", b"true"),
        ("acct_1", False, b"/stripe/acct_1/test", b"false"),
    ],
)
def test_the_source_contains_account_and_mode(
    account: str | None, source: bytes, mode: bytes, *, livemode: bool
) -> None:
    """The account is a connected account or `self`; the mode is that of the event."""
    event = replace(EVENT, account=account, livemode=livemode)
    values = headers(record(event=event, livemode=not livemode))
    assert (values["ce_source"], values["livemode"]) == (source, mode)


def test_an_unreadable_account_is_unknown() -> None:
    """The source of an event whose account can't be read is not that of our own account."""
    values = headers(record(event=replace(EVENT, account_readable=False)))
    assert values["ce_source"] == b"/stripe/unknown/test"


@pytest.mark.parametrize(("livemode", "mode"), [(True, b"true"), (False, b"false")])
def test_an_event_without_a_mode_has_the_mode_of_the_key(mode: bytes, *, livemode: bool) -> None:
    """Without a valid `livemode`, the mode of our API key is used."""
    values = headers(record(event=replace(EVENT, livemode=None), livemode=livemode))
    assert values["livemode"] == mode


def test_headers_without_a_value_are_omitted() -> None:
    """Without an API version, a time or a trace, there is no such header."""
    internal_event, event = (
        replace(INTERNAL_EVENT, occurred_at=None),
        replace(EVENT, api_version=None),
    )
    complete = headers(record(traceparent=TRACEPARENT))
    omitted = complete.keys() - headers(record(internal_event, event)).keys()
    assert omitted == {"stripe_api_version", "ce_time", "traceparent"}


@pytest.mark.parametrize("origin", ["webhook", "backfill", "replay"])
def test_the_origin_only_affects_its_header(origin: Origin) -> None:
    """Key, value and all other headers are the same for every origin."""
    result = record(origin=origin)
    assert headers(result) == headers(record()) | {"origin": origin.encode()}
    assert (result.key, result.value) == (record().key, record().value)


def test_name_and_version_are_in_the_headers() -> None:
    """`ce_type` contains the schema version, `__TypeId__` only the name for Java's classes."""
    values = headers(record(replace(INTERNAL_EVENT, name="RefundCreatedEvent", version=2)))
    assert values["ce_type"] == b"payments.RefundCreatedEvent.v2"
    assert values["__TypeId__"] == b"RefundCreatedEvent"


def test_key_and_headers_are_utf8() -> None:
    """Non-ASCII characters in key and headers are encoded in UTF-8."""
    result = record(
        replace(INTERNAL_EVENT, subject="pi_ü"), replace(EVENT, id="evt_€", account="acct_🏨")
    )
    assert (result.key, headers(result)["ce_subject"]) == (b"pi_\xc3\xbc", b"pi_\xc3\xbc")
    assert headers(result)["ce_id"] == b"evt_\xe2\x82\xac"
    assert headers(result)["ce_source"] == b"/stripe/acct_\xf0\x9f\x8f\xa8/test"


def test_the_object_is_not_in_key_or_headers() -> None:
    """No value of the event's object is in the key or the headers."""
    result = record(traceparent=TRACEPARENT)
    assert b"CaNaRy8d1f" not in b"".join([result.key, *(value for _, value in result.headers)])
