"""Charges and PaymentMethods in JSON: what a card or a bank account looks like."""

from paycli.sandbox.standin.examples import Json, example
from paycli.sandbox.standin.resources import payment_objects

_CHARGE = example(
    "charge",
    application_fee_amount=None,
    balance_transaction=None,
    refunds=None,
    shipping=None,
    source=None,
    transfer_data=None,
)
_METHOD = example("payment_method", metadata={})
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


def charge(it: payment_objects.ChargeState) -> Json:
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


def payment_method(it: payment_objects.PaymentMethodState) -> Json:
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


def _details(it: payment_objects.ChargeState) -> Json:
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
