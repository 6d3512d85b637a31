"""Our events as Kafka records: CloudEvents 1.0, binary mode.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md:
the value is the event's data, attributes are headers `ce_…`, `content-type` stands for itself.
"""

from collections.abc import Mapping
from typing import Literal

from paycli.events.stripe_event import StripeEvent
from paycli.models import InternalEvent, Record

Origin = Literal["webhook", "backfill", "replay"]

REQUIRED_HEADERS: Mapping[str, str] = {
    "ce_specversion": "The version of CloudEvents, `1.0`.",
    "ce_id": "The Stripe event's id: the same on every redelivery. Drop duplicates by it.",
    "ce_type": "The event and the version of its shape.",
    "ce_source": "`/stripe/`, then `self` or the connected account, then `live` or `test`.",
    "ce_subject": "The same as the record's key.",
    "content-type": "The value's media type, `application/json`.",
    "__TypeId__": "The event's name: what a Spring consumer maps to its class.",
    "stripe_event_type": "Stripe's own type.",
    "livemode": "`true` or `false`: whether real money moved.",
    "origin": "How the event came: `webhook`, `backfill` or `replay`; expect others.",
}
"""The headers that every record has, and what they mean; all are UTF-8."""
OPTIONAL_HEADERS: Mapping[str, str] = {
    "ce_time": "When it happened at Stripe, RFC 3339 in UTC; absent if that can't be read.",
    "stripe_api_version": "The version that Stripe rendered the event in, if it said so.",
    "traceparent": "The trace that the delivery belongs to, if it said so (W3C Trace Context).",
}
"""The headers that a record may lack."""


def to_record(
    internal_event: InternalEvent,
    stripe_event: StripeEvent,
    *,
    topic: str,
    origin: Origin,
    livemode: bool,
    traceparent: str | None = None,
) -> Record:
    """The record of an event: key and value from the event alone, the way it came in its headers.

    `livemode` is the mode of our own key, for an event that does not say.
    """
    live = livemode if stripe_event.livemode is None else stripe_event.livemode
    headers = {
        "ce_specversion": "1.0",
        "ce_id": stripe_event.id,
        "ce_type": ce_type(internal_event.name, internal_event.version),
        "ce_source": f"/stripe/{stripe_event.account or 'self'}/{'live' if live else 'test'}",
        "ce_subject": internal_event.subject,
        "ce_time": internal_event.occurred_at,
        "content-type": "application/json",
        "__TypeId__": internal_event.name,
        "stripe_event_type": stripe_event.type,
        "stripe_api_version": stripe_event.api_version,
        "livemode": "true" if live else "false",
        "origin": origin,
        "traceparent": traceparent,
    }
    return Record(
        topic=topic,
        key=internal_event.subject.encode(),
        value=internal_event.value,
        headers=tuple((name, value.encode()) for name, value in headers.items() if value),
    )


def ce_type(name: str, version: int) -> str:
    """The CloudEvents type of an event, such as `payments.PaymentSucceededEvent.v1`."""
    return f"payments.{name}.v{version}"
