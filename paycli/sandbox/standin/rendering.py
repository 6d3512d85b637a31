"""Stripe's objects in JSON: every key that Stripe's published examples have, and no other.

The examples are in `paycli.sandbox.fixtures`; what is not played here is blank.
"""

from collections.abc import Mapping

from paycli.sandbox import fixtures
from paycli.sandbox.standin import objects
from paycli.sandbox.standin.messages import to_json

Json = dict[str, object]


def _example(name: str, **blank: object) -> Json:
    return {**fixtures.load(name), **blank}


_INTENT = _example(
    "payment_intent",
    managed_payments=None,
    payment_method_configuration_details=None,
    processing=None,
    shipping=None,
    transfer_data=None,
)
_CHARGE = _example(
    "charge",
    application_fee_amount=None,
    balance_transaction=None,
    refunds=None,
    shipping=None,
    source=None,
    transfer_data=None,
)
_REFUND = _example("refund")
_SESSION = _example(
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
_METHOD = _example("payment_method", metadata={})
_BILLING: Json = {
    "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}
_APPROVED: Json = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "normal",
    "risk_score": 20,
    "seller_message": "Payment complete.",
    "type": "authorized",
}
_THREE_D_SECURE: Json = {
    "authentication_flow": "challenge",
    "electronic_commerce_indicator": "05",
    "exemption_indicator": None,
    "result": "authenticated",
    "result_reason": None,
    "transaction_id": None,
    "version": "2.2.0",
}


def intent(it: objects.Intent) -> Json:
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


def charge(it: objects.Charge) -> Json:
    """A Charge."""
    paid_by = it.intent
    return {
        **_CHARGE,
        "amount": it.amount,
        "amount_captured": it.amount_captured,
        "amount_refunded": it.amount_refunded,
        "billing_details": _BILLING,
        "captured": it.captured,
        "created": it.created,
        "currency": paid_by.currency,
        "customer": paid_by.echoed.get("customer"),
        "description": paid_by.echoed.get("description"),
        "disputed": it.disputed,
        "failure_code": it.failure and it.failure["code"],
        "failure_message": it.failure and it.failure["message"],
        "id": it.id,
        "livemode": it.scope.livemode,
        "metadata": it.metadata,
        "outcome": _outcome(it.failure),
        "paid": it.status == "succeeded",
        "payment_intent": paid_by.id,
        "payment_method": it.method.id,
        "payment_method_details": _details(it),
        "receipt_email": paid_by.echoed.get("receipt_email"),
        "receipt_url": None,
        "refunded": it.amount_captured > 0 and it.amount_refunded == it.amount_captured,
        "review": it.review,
        "shipping": paid_by.echoed.get("shipping"),
        "statement_descriptor": paid_by.echoed.get("statement_descriptor"),
        "statement_descriptor_suffix": paid_by.echoed.get("statement_descriptor_suffix"),
        "status": it.status,
        "transfer_group": paid_by.echoed.get("transfer_group"),
    }


def refund(it: objects.Refund) -> Json:
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


def session(it: objects.Session) -> Json:
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


def payment_method(it: objects.PaymentMethod) -> Json:
    """A PaymentMethod."""
    test = it.test
    common = {
        **_METHOD,
        "billing_details": _BILLING,
        "created": it.created,
        "id": it.id,
        "livemode": it.scope.livemode,
        "type": test.kind,
    }
    if test.kind == "card":
        example = _METHOD["card"]
        assert isinstance(example, dict)
        return common | {
            "card": {
                **example,
                "brand": test.brand,
                "display_brand": test.brand,
                "funding": test.funding,
                "generated_from": None,
                "last4": test.last4,
                "networks": {"available": [test.brand], "preferred": None},
                "wallet": None,
            }
        }
    del common["card"]
    return common | {test.kind: _bank_account(test.last4)}


def rendered(it: objects.Kept) -> bytes:
    """The object's JSON, made once for each of its states."""
    if isinstance(it, objects.Event):
        return it.render()
    if it.rendered is None:
        it.rendered = to_json(as_json(it))
    return it.rendered


def as_json(it: objects.Kept) -> Json:
    """The object as a dictionary, except for events, which exist only rendered."""
    match it:
        case objects.Intent():
            return intent(it)
        case objects.Charge():
            return charge(it)
        case objects.Refund():
            return refund(it)
        case objects.Session():
            return session(it)
        case objects.PaymentMethod():
            return payment_method(it)
        case objects.Plain():
            return it.json
    raise TypeError(f"{type(it).__name__} has no JSON")


def example(name: str, changes: Mapping[str, object]) -> Json:
    """Stripe's example of an object without behaviour here, with these fields changed."""
    return {**fixtures.load(name), **changes}


def _id(it: objects.Kept | None) -> str | None:
    return it.id if it else None


def _outcome(failure: Json | None) -> Json:
    if failure is None:
        return _APPROVED
    blocked = failure.get("decline_code") == "fraudulent"
    return {
        **_APPROVED,
        "advice_code": failure.get("advice_code"),
        "network_status": "not_sent_to_network" if blocked else "declined_by_network",
        "reason": "highest_risk_level" if blocked else failure.get("decline_code"),
        "risk_level": "highest" if blocked else "normal",
        "risk_score": 90 if blocked else 20,
        "seller_message": "The bank refused the payment.",
        "type": "blocked" if blocked else "issuer_declined",
    }


def _details(it: objects.Charge) -> Json:
    test = it.method.test
    if test.kind != "card":
        return {test.kind: _bank_details(test.last4), "type": test.kind}
    example_details = _CHARGE["payment_method_details"]
    assert isinstance(example_details, dict)
    card = {
        **example_details["card"],
        "amount_authorized": it.amount,
        "brand": test.brand,
        "funding": test.funding,
        "installments": None,
        "last4": test.last4,
        "network": test.brand,
        "overcapture": {"maximum_amount_capturable": it.amount, "status": "unavailable"},
        "three_d_secure": _THREE_D_SECURE if it.authenticated else None,
        "wallet": None,
    }
    return {"card": card, "type": "card"}


def _bank_details(last4: str) -> Json:
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "fingerprint": None,
        "last4": last4,
        "payment_reference": None,
        "routing_number": "110000000",
    }


def _bank_account(last4: str) -> Json:
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": None,
        "last4": last4,
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": "110000000",
        "status_details": {},
    }
