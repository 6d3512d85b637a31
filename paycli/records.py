"""Our events as Kafka records: CloudEvents 1.0, binary mode.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md:
the value is the event's data, attributes are headers `ce_…`, `content-type` stands for itself.
"""

from typing import Literal

from paycli.models import InternalEvent, Record
from paycli.stripe_event import StripeEvent

Origin = Literal["webhook", "backfill", "replay"]


def to_record(
    told: InternalEvent,
    event: StripeEvent,
    *,
    topic: str,
    origin: Origin,
    livemode: bool,
    traceparent: str | None = None,
) -> Record:
    """The record of an event: key and value from the event alone, the way it came in its headers.

    `livemode` is the mode of our own key, for an event that does not say.
    """
    live = livemode if event.livemode is None else event.livemode
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_type": f"payments.{told.name}.v{told.version}",
        "ce_source": f"/stripe/{event.account or 'self'}/{'live' if live else 'test'}",
        "ce_subject": told.subject,
        "ce_time": told.occurred_at,
        "content-type": "application/json",
        "__TypeId__": told.name,
        "stripe_event_type": event.type,
        "stripe_api_version": event.api_version,
        "livemode": "true" if live else "false",
        "origin": origin,
        "traceparent": traceparent,
    }
    return Record(
        topic=topic,
        key=told.subject.encode(),
        value=told.value,
        headers=tuple((name, value.encode()) for name, value in headers.items() if value),
    )
