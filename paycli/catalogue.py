"""Stripe's events in our words: one table, and the translation that reads it. No I/O."""

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from paycli import internal_events as ours
from paycli.models import InternalEvent, rfc3339
from paycli.stripe_event import StripeEvent


@dataclass(frozen=True, slots=True)
class Row:
    """How one Stripe event type is told: the class of our event, and the version of its shape."""

    event: type[ours.EventData]
    version: int = 1


CATALOGUE: dict[str, Row] = {
    "payment_intent.created": Row(ours.PaymentCreatedEvent),
    "payment_intent.processing": Row(ours.PaymentProcessingEvent),
    "payment_intent.requires_action": Row(ours.PaymentActionRequiredEvent),
    "payment_intent.amount_capturable_updated": Row(ours.PaymentAuthorizedEvent),
    "payment_intent.partially_funded": Row(ours.PaymentPartiallyFundedEvent),
    "payment_intent.succeeded": Row(ours.PaymentSucceededEvent),
    "payment_intent.payment_failed": Row(ours.PaymentFailedEvent),
    "payment_intent.canceled": Row(ours.PaymentCanceledEvent),
}

_DATA: dict[type[ours.EventData], TypeAdapter[ours.EventData]] = {
    row.event: TypeAdapter(row.event) for row in CATALOGUE.values()
}
_UNREADABLE = TypeAdapter(ours.StripeEventUnreadable)


def is_mapped(stripe_event_type: str) -> bool:
    """Whether events of this Stripe type are told to others."""
    return stripe_event_type in CATALOGUE


def translate(event: StripeEvent) -> InternalEvent | None:
    """The event in our words; None if its type is not mapped.

    The result depends on the event's own data alone, so a redelivery, a backfill or a replay gives
    the same bytes. A shape that can't be read gives a StripeEventUnreadable.
    """
    row = CATALOGUE.get(event.type)
    if row is None or event.thin:
        return None
    if event.created is None or event.livemode is None or event.object is None:
        return unreadable(event, "created, livemode or data.object is missing or mistyped")
    data = _DATA[row.event]
    try:
        told = data.validate_python({**event.object, "occurred_at": rfc3339(event.created)})
        value = data.dump_json(told)
    except ValidationError as error:
        return unreadable(event, _reason(error))
    except ValueError as error:
        return unreadable(event, str(error))
    return InternalEvent(
        name=row.event.__name__,
        version=row.version,
        subject=told.payment_id or "",
        value=value,
        occurred_at=told.occurred_at,
    )


def unreadable(event: StripeEvent, reason: str) -> InternalEvent:
    """The event as one that could not be told; `reason` names fields, never their values."""
    try:
        occurred_at = None if event.created is None else rfc3339(event.created)
    except ValueError:
        occurred_at = None
    told = ours.StripeEventUnreadable(
        stripe_event_id=event.id,
        stripe_event_type=event.type,
        stripe_api_version=event.api_version,
        reason=reason,
        occurred_at=occurred_at,
    )
    value = _UNREADABLE.dump_json(told)
    return InternalEvent(
        name=type(told).__name__,
        version=1,
        subject=event.id,
        value=value,
        occurred_at=occurred_at,
        unreadable=True,
    )


def _reason(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(
        # Only the field's own name: what is inside may be named by callers, as metadata is.
        f"data.object.{item['loc'][0]}: {item['msg']}"
        for item in problems[:5]
    )
