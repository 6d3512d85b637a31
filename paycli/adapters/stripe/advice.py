"""What a caller can do about a request that Stripe refused. https://docs.stripe.com/error-codes."""

from collections.abc import Mapping

_BY_CODE = {
    "amount_too_large": "send at most the remaining amount",
    "amount_too_small": "send a larger amount",
    "balance_insufficient": "the account's balance is too low: refund later, or add funds to it",
    "capture_charge_authorization_expired": "the authorization has expired: create another payment",
    "charge_already_captured": "the payment is captured: nothing is left to do",
    "charge_already_refunded": "the payment is refunded: nothing is left to do",
    "charge_disputed": "the bank decides now: respond to the dispute at Stripe",
    "charge_exceeds_source_limit": "send the request later, or with a smaller amount",
    "payment_intent_unexpected_state": "look the payment up: its status does not allow this",
    "resource_missing": "check the ids that you sent: they must exist in this account, and belong "
    "together",
    "setup_intent_unexpected_state": "look the setup up: its status does not allow this",
}
_BY_PARAM = {
    "amount_to_capture": _BY_CODE["amount_too_large"],
    "expires_at": "send a time that is 30 minutes to 24 hours ahead",
}
"""By Stripe's parameter, where it sends no code."""
_ON_PAYMENT_METHOD = (
    "send one that GET /api/v1/customers/{id}/payment-methods lists for this customer"
)


def advise(message: str, fields: Mapping[str, object]) -> str:
    """Returns the message of a refusal with what to do; `fields` are those of Stripe's error."""
    code, param = fields.get("code"), fields.get("param")
    advice = _BY_CODE.get(str(code)) if code is not None else _BY_PARAM.get(str(param))
    # Stripe sends no code for a refund over the remaining amount.
    if advice is None and param == "amount" and message.startswith("Refund"):
        advice = _BY_CODE["amount_too_large"]
    # Of one that was detached, Stripe's error has neither code nor parameter.
    if advice is None and (param == "payment_method" or "PaymentMethod" in message):
        advice = _ON_PAYMENT_METHOD
    return f"{message.rstrip('.')}: {advice}" if advice else message


def advise_on_card(message: str, fields: Mapping[str, object], payment_id: str | None) -> str:
    """Returns the message of a refused card with what to do about its payment."""
    payment = f"the payment {payment_id}" if payment_id else "the payment"
    intent = fields.get("payment_intent")
    if isinstance(intent, Mapping) and intent.get("status") == "requires_capture":
        # https://docs.stripe.com/api/payment_intents/increment_authorization
        advice = f"what {payment} already holds remains held: capture at most that, or cancel it"
    elif fields.get("code") == "authentication_required":
        advice = (
            f"the customer must authenticate: let them finish {payment} on your page, with its "
            "client_secret"
        )
    else:
        advice = f"let the customer pay {payment} with another payment method, or cancel it"
    return f"{message.rstrip('.')}: {advice}"
