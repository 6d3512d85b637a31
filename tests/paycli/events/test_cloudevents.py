"""Headers are those published for consumers; binary mode is CloudEvents' Kafka protocol binding."""

from dataclasses import replace
from typing import Any

import pytest

from paycli.events.cloudevents import Origin, to_record
from paycli.events.stripe_event import StripeEvent
from paycli.models import InternalEvent, Record

VALUE = '{"payment_id":"pi_1","metadata":{"größe":"XL"}}'.encode()
TOLD = InternalEvent(
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


def record(told: InternalEvent = TOLD, event: StripeEvent = EVENT, **changes: Any) -> Record:  # noqa: ANN401  (any of the function's own)
    """Return the record of a webhook's event."""
    settings: dict[str, Any] = {"topic": "payments.events", "origin": "webhook", "livemode": False}
    return to_record(told, event, **(settings | changes))


def headers(record: Record) -> dict[str, bytes]:
    """Return the headers by name, and that no name comes twice."""
    found = dict(record.headers)
    assert len(found) == len(record.headers)
    return found


def test_a_record_is_a_cloudevent_in_binary_mode() -> None:
    """The value is the event's data as it is, the key its subject, and all else is in headers."""
    made = record(traceparent=TRACEPARENT)
    assert (made.topic, made.key, made.value) == ("payments.events", b"pi_1", VALUE)
    assert headers(made) == {
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
def test_the_source_is_account_and_mode(
    account: str | None, source: bytes, mode: bytes, *, livemode: bool
) -> None:
    """A Connect account stands in the source, our own is `self`; the mode is the event's own."""
    event = replace(EVENT, account=account, livemode=livemode)
    found = headers(record(event=event, livemode=not livemode))
    assert (found["ce_source"], found["livemode"]) == (source, mode)


@pytest.mark.parametrize(("livemode", "mode"), [(True, b"true"), (False, b"false")])
def test_an_event_that_does_not_say_has_the_mode_of_the_key(mode: bytes, *, livemode: bool) -> None:
    """Without a mode of its own an event can only have come for our key's."""
    found = headers(record(event=replace(EVENT, livemode=None), livemode=livemode))
    assert found["livemode"] == mode


def test_headers_without_a_value_are_left_out() -> None:
    """Without an API version, a time or a trace there is no such header, not an empty one."""
    told, event = replace(TOLD, occurred_at=None), replace(EVENT, api_version=None)
    complete = headers(record(traceparent=TRACEPARENT))
    left_out = complete.keys() - headers(record(told, event)).keys()
    assert left_out == {"stripe_api_version", "ce_time", "traceparent"}


@pytest.mark.parametrize("origin", ["webhook", "backfill", "replay"])
def test_how_an_event_came_changes_its_origin_alone(origin: Origin) -> None:
    """Key, value and all other headers are the same whichever way an event came."""
    made = record(origin=origin)
    assert headers(made) == headers(record()) | {"origin": origin.encode()}
    assert (made.key, made.value) == (record().key, record().value)


def test_names_and_versions_are_of_the_event() -> None:
    """`ce_type` carries the version of the shape, `__TypeId__` the bare name for Java's classes."""
    found = headers(record(replace(TOLD, name="RefundCreatedEvent", version=2)))
    assert found["ce_type"] == b"payments.RefundCreatedEvent.v2"
    assert found["__TypeId__"] == b"RefundCreatedEvent"


def test_all_is_utf8() -> None:
    """What is not ASCII stands in key and headers as UTF-8."""
    made = record(replace(TOLD, subject="pi_ü"), replace(EVENT, id="evt_€", account="acct_🏨"))
    assert (made.key, headers(made)["ce_subject"]) == (b"pi_\xc3\xbc", b"pi_\xc3\xbc")
    assert headers(made)["ce_id"] == b"evt_\xe2\x82\xac"
    assert headers(made)["ce_source"] == b"/stripe/acct_\xf0\x9f\x8f\xa8/test"


def test_nothing_else_of_the_event_is_in_the_record() -> None:
    """What the event's object holds does not get into key or headers."""
    made = record(traceparent=TRACEPARENT)
    assert b"CaNaRy8d1f" not in b"".join([made.key, *(value for _, value in made.headers)])
