"""Stripe's objects in JSON: every key that Stripe's published examples have, and no other.

The examples are in `paycli.sandbox.fixtures`; what is not played here is blank.
"""

from paycli.sandbox.standin.charge_rendering import charge, payment_method
from paycli.sandbox.standin.examples import Json, example
from paycli.sandbox.standin.messages import to_json
from paycli.sandbox.standin.resources import payment_objects

_INTENT = example(
    "payment_intent",
    managed_payments=None,
    payment_method_configuration_details=None,
    processing=None,
    shipping=None,
    transfer_data=None,
)
_REFUND = example("refund")
_SESSION = example(
    "checkout_session",
    adaptive_pricing=None,
    after_expiration=None,
    collected_information=None,
    consent=None,
    consent_collection=None,
    currency_conversion=None,
    custom_text=dict.fromkeys(
        ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    ),
    automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
    invoice_creation=None,
    managed_payments=None,
    payment_method_configuration_details=None,
    permissions=None,
    saved_payment_method_options=None,
    shipping_address_collection=None,
    shipping_cost=None,
    total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    ui_mode="hosted_page",
    wallet_options=None,
    cancel_url=None,
    success_url=None,
    payment_method_collection="if_required",
    customer_creation="if_required",
)


def intent(it: payment_objects.PaymentIntentState) -> Json:
    """A PaymentIntent."""
    return {
        **_INTENT,
        "amount": it.amount,
        "amount_capturable": it.amount_capturable,
        "amount_received": it.amount_received,
        "automatic_payment_methods": it.automatic_methods,
        "canceled_at": it.canceled_at,
        "cancellation_reason": it.cancellation_reason,
        "capture_method": it.capture_method,
        "client_secret": it.client_secret,
        "confirmation_method": it.confirmation_method,
        "created": it.created,
        "currency": it.currency,
        "id": it.id,
        "last_payment_error": it.last_error,
        "latest_charge": _id(it.latest_charge),
        "livemode": it.scope.livemode,
        "metadata": it.metadata,
        "next_action": it.next_action,
        "payment_method": _id(it.payment_method),
        "payment_method_types": it.method_types,
        "review": it.review,
        "status": it.status,
        **it.echoed,
    }


def refund(it: payment_objects.RefundState) -> Json:
    """A Refund; the fields of failure and of waiting are there only when they apply."""
    card: Json = {"type": "refund"}
    if it.charge.method.test.kind == "card":
        card |= {"reference_type": "acquirer_reference_number", "reference_status": "pending"}
    if it.reference:
        card |= {"reference": it.reference, "reference_status": "available"}
    return {
        **_REFUND,
        "amount": it.amount,
        "charge": it.charge.id,
        "created": it.created,
        "currency": it.charge.intent.currency,
        "destination_details": {"card": card, "type": "card"},
        "id": it.id,
        "metadata": it.metadata,
        "payment_intent": it.charge.intent.id,
        "reason": it.reason,
        "status": it.status,
        **({"failure_reason": it.failure_reason} if it.failure_reason else {}),
        **({"pending_reason": "processing"} if it.status == "pending" else {}),
    }


def session(it: payment_objects.CheckoutSessionState) -> Json:
    """A Checkout Session."""
    email = it.email or it.echoed.get("customer_email")
    return {
        **_SESSION,
        "amount_subtotal": it.amount,
        "amount_total": it.amount,
        "created": it.created,
        "currency": it.currency,
        "customer_details": {
            "address": None,
            "business_name": None,
            "email": email,
            "individual_name": None,
            "name": None,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": None,
        }
        if email
        else None,
        "expires_at": it.expires_at,
        "id": it.id,
        "livemode": it.scope.livemode,
        "metadata": it.metadata,
        "payment_intent": _id(it.intent),
        "payment_method_types": it.method_types,
        "payment_status": it.payment_status,
        "status": it.status,
        "url": it.url if it.status == "open" else None,
        **it.echoed,
    }


def rendered(it: payment_objects.ObjectState) -> bytes:
    """The object's JSON, made once for each of its states."""
    if isinstance(it, payment_objects.EmittedEvent):
        return it.render()
    if it.rendered is None:
        it.rendered = to_json(as_json(it))
    return it.rendered


def as_json(it: payment_objects.ObjectState) -> Json:
    """The object as a dictionary, except for events, which exist only rendered."""
    match it:
        case payment_objects.PaymentIntentState():
            return intent(it)
        case payment_objects.ChargeState():
            return charge(it)
        case payment_objects.RefundState():
            return refund(it)
        case payment_objects.CheckoutSessionState():
            return session(it)
        case payment_objects.PaymentMethodState():
            return payment_method(it)
        case payment_objects.JsonObjectState():
            return it.json
    raise TypeError(f"{type(it).__name__} has no JSON")


def _id(it: payment_objects.ObjectState | None) -> str | None:
    return it.id if it else None
