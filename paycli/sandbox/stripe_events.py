"""Stripe events made here: the shape of Stripe's own examples, filled in as the type means.

https://docs.stripe.com/api/events/types, https://docs.stripe.com/payments/paymentintents/lifecycle
"""

import copy
import json
import secrets
from collections.abc import Mapping

from pydantic import JsonValue

from paycli.sandbox import fixtures

API_VERSION = "2026-10-28.endive"

_PAID = {"latest_charge": "ch_sandbox", "payment_method": "pm_sandbox"}
_DECLINED: JsonValue = {
    "type": "card_error",
    "code": "card_declined",
    "decline_code": "insufficient_funds",
    "advice_code": "try_again_later",
    "message": "Your card has insufficient funds.",
}
_BANK_TRANSFER: JsonValue = {
    "type": "display_bank_transfer_instructions",
    "display_bank_transfer_instructions": {"amount_remaining": 500},
}
_BLANK: Mapping[str, JsonValue] = {
    "canceled_at": None,
    "last_payment_error": None,
    "next_action": None,
    "processing": None,
    "shipping": None,
    "transfer_data": None,
    "amount": 2000,
    "currency": "eur",
    "metadata": {"reference": "booking-42"},
}

_STATES: Mapping[str, Mapping[str, JsonValue]] = {
    "payment_intent.created": {"status": "requires_payment_method"},
    "payment_intent.processing": {"status": "processing", "payment_method": "pm_sandbox"},
    "payment_intent.requires_action": {
        "status": "requires_action",
        "payment_method": "pm_sandbox",
        "next_action": {"type": "use_stripe_sdk"},
    },
    "payment_intent.amount_capturable_updated": {
        "status": "requires_capture",
        "capture_method": "manual",
        "amount_capturable": 2000,
        **_PAID,
    },
    "payment_intent.partially_funded": {
        "status": "requires_action",
        "next_action": _BANK_TRANSFER,
    },
    "payment_intent.succeeded": {"status": "succeeded", "amount_received": 2000, **_PAID},
    "payment_intent.payment_failed": {
        "status": "requires_payment_method",
        "last_payment_error": _DECLINED,
    },
    "payment_intent.canceled": {
        "status": "canceled",
        "cancellation_reason": "requested_by_customer",
    },
}

EVENT_TYPES = tuple(_STATES)
"""The event types that can be made."""


class CannotSet(ValueError):
    """A path leads nowhere in the event."""


def make_event(
    event_type: str, overrides: Mapping[str, JsonValue], *, created: int
) -> dict[str, JsonValue]:
    """A Stripe event of one of EVENT_TYPES, `created` in Unix seconds.

    `overrides` sets fields by path, `data.object.amount`. Raises CannotSet for a path through
    something that has no fields.
    """
    payment_id = f"pi_{secrets.token_hex(12)}"
    intent = {
        **fixtures.load("payment_intent"),
        **copy.deepcopy(_BLANK),
        "id": payment_id,
        "client_secret": f"{payment_id}_secret_{secrets.token_hex(12)}",
        "created": created,
        **copy.deepcopy(_STATES[event_type]),
    }
    event: dict[str, JsonValue] = {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "account": None,
        "api_version": API_VERSION,
        "created": created,
        "data": {"object": intent},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
    }
    for path, value in overrides.items():
        _set(event, path, value)
    return event


def to_body(event: Mapping[str, JsonValue]) -> bytes:
    """The event as Stripe sends it: indented JSON."""
    return json.dumps(event, indent=2, ensure_ascii=False).encode()


def _set(event: dict[str, JsonValue], path: str, value: JsonValue) -> None:
    *parents, last = path.split(".")
    place = event
    for name in parents:
        inner = place.setdefault(name, {})
        if inner is None:
            inner = place[name] = {}
        if not isinstance(inner, dict):
            raise CannotSet(f"{path} leads nowhere: {name} has no fields")
        place = inner
    place[last] = value
