"""Internal events as Kafka records: CloudEvents 1.0 in binary mode.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md: the
value is the event data, attributes are headers `ce_…`, and `datacontenttype` is `content-type`.
"""

from collections.abc import Mapping
from typing import Literal

from paycli.events.stripe_event import StripeEvent
from paycli.models import InternalEvent, Record

Origin = Literal["webhook", "backfill", "replay"]

REQUIRED_HEADERS: Mapping[str, str] = {
    "ce_specversion": "The CloudEvents version, `1.0`.",
    "ce_id": "The Stripe event's id, the same on every redelivery: drop duplicates by it.",
    "ce_type": "The type of the event and the version of its schema.",
    "ce_source": "`/stripe/ACCOUNT/MODE`: the account is `self`, the id of a connected account, or "
    "`unknown` if it cannot be read (only on the unreadable topic); the mode is `live` or `test`.",
    "ce_subject": "The same value as the record's key.",
    "content-type": "The media type of the value, `application/json`.",
    "__TypeId__": "The name of the event, which Spring consumers map to a class.",
    "stripe_event_type": "The type of the Stripe event.",
    "livemode": "`true` or `false`: whether the event is in live mode.",
    "origin": "How the event was received: `webhook`, `backfill` or `replay`. Values may be added.",
}
"""The headers of every record, with their descriptions; all values are UTF-8."""
OPTIONAL_HEADERS: Mapping[str, str] = {
    "ce_time": "When Stripe created the event (RFC 3339, UTC); absent if it is invalid.",
    "stripe_api_version": "The API version of the Stripe event, if the event has one.",
    "traceparent": "The trace context of the delivery (W3C Trace Context), if there is one.",
}
"""Headers that may be absent; with `SCHEMA_ID_HEADER`, all that there are."""
SCHEMA_ID_HEADER = "__value_schema_id"
"""The only binary header; only with PAYCLI_KAFKA_SCHEMA_IDS_FILE."""


def to_record(
    internal_event: InternalEvent,
    stripe_event: StripeEvent,
    *,
    topic: str,
    origin: Origin,
    livemode: bool,
    traceparent: str | None = None,
    schema_id: bytes | None = None,
) -> Record:
    """Returns the record of an event.

    Key and value depend on the event only; `origin`, `traceparent` and `schema_id`, the value of
    SCHEMA_ID_HEADER, affect only the headers.
    `livemode` is the mode of our API key, for an event without a valid `livemode`.
    """
    live = livemode if stripe_event.livemode is None else stripe_event.livemode
    own = "self" if stripe_event.account_readable else "unknown"
    headers = {
        "ce_specversion": "1.0",
        "ce_id": stripe_event.id,
        "ce_type": ce_type(internal_event.name, internal_event.version),
        "ce_source": f"/stripe/{stripe_event.account or own}/{'live' if live else 'test'}",
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
    # A list first: a generator would be resumed for each header.
    fields = [(name, value.encode()) for name, value in headers.items() if value]
    if schema_id:
        fields.append((SCHEMA_ID_HEADER, schema_id))
    return Record(
        topic=topic,
        key=internal_event.subject.encode(),
        value=internal_event.value,
        headers=tuple(fields),
    )


def ce_type(name: str, version: int) -> str:
    """Returns the CloudEvents type of an event, such as `payments.PaymentSucceededEvent.v1`."""
    return f"payments.{name}.v{version}"
