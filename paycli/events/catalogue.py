"""The mapping of Stripe events to internal events, and the translation. No I/O."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import ValidationError

from paycli.errors import UnknownEventType
from paycli.events import types as ours
from paycli.events.stripe_event import StripeEvent
from paycli.models import InternalEvent, rfc3339

_MAX_REASONS = 5


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """The internal event of one Stripe event type: `event`, or `special` if `when` is true."""

    event: type[ours.EventData]
    special: type[ours.EventData] | None = None
    when: Callable[[StripeEvent], bool] = lambda _: False

    @property
    def events(self) -> tuple[type[ours.EventData], ...]:
        """The internal events that the Stripe event type can be translated to."""
        return (self.event, self.special) if self.special else (self.event,)

    def choose(self, event: StripeEvent) -> type[ours.EventData]:
        """Returns the internal event for a Stripe event."""
        return self.special if self.special and self.when(event) else self.event


def _succeeded(event: StripeEvent) -> bool:
    return event.object is not None and event.object.get("status") == "succeeded"


def _has_just_succeeded(event: StripeEvent) -> bool:
    """A refund is updated again after it succeeded, when its reference number arrives."""
    return "status" in event.previous_attributes and _succeeded(event)


CATALOGUE: Mapping[str, CatalogueEntry] = {
    "payment_intent.created": CatalogueEntry(ours.PaymentCreatedEvent),
    "payment_intent.processing": CatalogueEntry(ours.PaymentProcessingEvent),
    "payment_intent.requires_action": CatalogueEntry(ours.PaymentActionRequiredEvent),
    "payment_intent.amount_capturable_updated": CatalogueEntry(ours.PaymentAuthorizedEvent),
    "payment_intent.partially_funded": CatalogueEntry(ours.PaymentPartiallyFundedEvent),
    "payment_intent.succeeded": CatalogueEntry(ours.PaymentSucceededEvent),
    "payment_intent.payment_failed": CatalogueEntry(ours.PaymentFailedEvent),
    "payment_intent.canceled": CatalogueEntry(ours.PaymentCanceledEvent),
    "charge.expired": CatalogueEntry(ours.PaymentAuthorizationExpiredEvent),
    # The PaymentIntent of a Checkout Session has its own PaymentSucceededEvent.
    "checkout.session.completed": CatalogueEntry(ours.CheckoutCompletedEvent),
    "checkout.session.async_payment_succeeded": CatalogueEntry(ours.CheckoutPaymentSucceededEvent),
    "checkout.session.async_payment_failed": CatalogueEntry(ours.CheckoutPaymentFailedEvent),
    "checkout.session.expired": CatalogueEntry(ours.CheckoutExpiredEvent),
    # charge.refunded and charge.refund.updated duplicate these, so they are not mapped.
    "refund.created": CatalogueEntry(
        ours.RefundCreatedEvent, ours.RefundSucceededEvent, _succeeded
    ),
    "refund.updated": CatalogueEntry(
        ours.RefundUpdatedEvent, ours.RefundSucceededEvent, _has_just_succeeded
    ),
    "refund.failed": CatalogueEntry(ours.RefundFailedEvent),
    "charge.dispute.created": CatalogueEntry(ours.DisputeOpenedEvent),
    "charge.dispute.updated": CatalogueEntry(ours.DisputeUpdatedEvent),
    "charge.dispute.funds_withdrawn": CatalogueEntry(ours.DisputeFundsWithdrawnEvent),
    "charge.dispute.funds_reinstated": CatalogueEntry(ours.DisputeFundsReinstatedEvent),
    "charge.dispute.closed": CatalogueEntry(ours.DisputeClosedEvent),
    "radar.early_fraud_warning.created": CatalogueEntry(ours.FraudWarningEvent),
    "review.opened": CatalogueEntry(ours.ReviewOpenedEvent),
    "review.closed": CatalogueEntry(ours.ReviewClosedEvent),
    "setup_intent.succeeded": CatalogueEntry(ours.PaymentMethodSetupSucceededEvent),
    "setup_intent.setup_failed": CatalogueEntry(ours.PaymentMethodSetupFailedEvent),
    "payment_method.attached": CatalogueEntry(ours.PaymentMethodAttachedEvent),
    "payment_method.detached": CatalogueEntry(ours.PaymentMethodDetachedEvent),
    "payment_method.automatically_updated": CatalogueEntry(ours.PaymentMethodUpdatedEvent),
    "customer.deleted": CatalogueEntry(ours.CustomerDeletedEvent),
    "payout.paid": CatalogueEntry(ours.PayoutPaidEvent),
    "payout.failed": CatalogueEntry(ours.PayoutFailedEvent),
    "payout.reconciliation_completed": CatalogueEntry(ours.PayoutReconciledEvent),
    "account.updated": CatalogueEntry(ours.ConnectedAccountUpdatedEvent),
    "account.application.deauthorized": CatalogueEntry(ours.ConnectedAccountDeauthorizedEvent),
    "transfer.created": CatalogueEntry(ours.TransferCreatedEvent),
    "transfer.reversed": CatalogueEntry(ours.TransferReversedEvent),
    "application_fee.created": CatalogueEntry(ours.ApplicationFeeCreatedEvent),
    "application_fee.refunded": CatalogueEntry(ours.ApplicationFeeRefundedEvent),
}


def stripe_types_by_event() -> dict[type[ours.EventData], list[str]]:
    """Returns the Stripe event types by the internal event they are translated to."""
    result: dict[type[ours.EventData], list[str]] = {}
    for stripe_type, row in CATALOGUE.items():
        for kind in row.events:
            result.setdefault(kind, []).append(stripe_type)
    return result


def is_mapped(stripe_event_type: str) -> bool:
    """Returns whether events of this Stripe type are translated."""
    return stripe_event_type in CATALOGUE


def stripe_types(names: Collection[str]) -> list[str]:
    """Returns the Stripe event types for names of internal events or of Stripe event types.

    Without names, returns all mapped types. Raises UnknownEventType.
    """
    if not names:
        return list(CATALOGUE)
    known = {kind.__name__: types for kind, types in stripe_types_by_event().items()}
    known |= {stripe_type: [stripe_type] for stripe_type in CATALOGUE}
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]}?" if close else "see paycli/events/README.md"
            raise UnknownEventType(f"there is no event {name}: {hint}")
    return sorted({stripe_type for name in names for stripe_type in known[name]})


def translate(event: StripeEvent) -> InternalEvent | None:
    """Returns the internal event; None if the type is not mapped.

    The result depends on the event's own data only, so redeliveries, backfills and replays give the
    same bytes. If required fields are missing or mistyped, it is a StripeEventUnreadable.
    """
    row = CATALOGUE.get(event.type)
    if row is None or event.thin:
        return None
    if event.created is None or event.livemode is None or event.object is None:
        reason = "created, livemode or data.object is missing, mistyped or cannot be represented"
        return unreadable(event, reason)
    if not event.account_readable:
        # As an event of our own account, it could confirm a payment that was never made to us.
        return unreadable(event, "account or context is mistyped")
    kind = row.choose(event)
    try:
        envelope = {
            "account": event.account,
            "occurred_at": rfc3339(event.created),
            "previous_attributes": event.previous_attributes,
        }
        data = kind.model_validate({**event.object, **envelope})
        value = data.model_dump_json().encode()
    except ValidationError as error:
        return unreadable(event, _reason(error))
    except ValueError as error:
        return unreadable(event, str(error))
    return InternalEvent(
        name=kind.__name__,
        version=kind.version,
        subject=data.key,
        value=value,
        occurred_at=data.occurred_at,
    )


def unreadable(event: StripeEvent, reason: str) -> InternalEvent:
    """Returns a StripeEventUnreadable; `reason` names fields, never their values."""
    occurred_at = None if event.created is None else rfc3339(event.created)
    data = ours.StripeEventUnreadable(
        stripe_event_id=event.id,
        stripe_event_type=event.type,
        stripe_api_version=event.api_version,
        reason=reason,
        occurred_at=occurred_at,
    )
    return InternalEvent(
        name=type(data).__name__,
        version=data.version,
        subject=event.id,
        value=data.model_dump_json().encode(),
        occurred_at=occurred_at,
        unreadable=True,
    )


def _reason(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    # Only the top-level field: nested names, such as metadata keys, may come from callers.
    messages = (f"data.object.{item['loc'][0]}: {item['msg']}" for item in problems)
    # Two fields may be read from the same field of Stripe, hence the duplicates.
    distinct = list(dict.fromkeys(messages))
    others = len(distinct) - _MAX_REASONS
    return "; ".join([*distinct[:_MAX_REASONS], *([f"and {others} more"] if others > 0 else [])])
