"""Charges: https://docs.stripe.com/api/charges."""

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.pagination import LIST, list_page
from paycli.sandbox.standin.api.params import Schema, text
from paycli.sandbox.standin.resources import holds
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.resources.payment_methods import BILLING_DETAILS
from paycli.sandbox.standin.resources.payment_objects import ChargeState
from paycli.sandbox.standin.resources.transferred_payments import TransferredPaymentState
from paycli.sandbox.standin.store.objects import Json, ObjectState
from paycli.sandbox.standin.store.rendering import as_json

LIST_CHARGES: Schema = {
    **LIST,
    "created": params.timestamps,
    "customer": text(),
    "payment_intent": text(),
    "transfer_group": text(),
}
_EXAMPLE = example(
    "charge",
    application_fee_amount=None,
    balance_transaction=None,
    refunds=None,
    shipping=None,
    source=None,
    transfer_data=None,
)
_RECEIPTS = "https://pay.stripe.com/receipts/payment"
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


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/charges/retrieve."""
    received = call.store.find(TransferredPaymentState, call.ids[0], call.scope)
    return received or call.find(ChargeState)


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/charges/list."""
    intent_id, customer = call.params.text("payment_intent"), call.params.text("customer")
    group = call.params.text("transfer_group")
    return list_page(
        call,
        ChargeState,
        lambda charge: (
            intent_id in (None, charge.intent.id)
            and customer in (None, charge.intent.customer)
            and group in (None, charge.intent.echoed.get("transfer_group") or charge.group)
        ),
    )


@as_json.register
def charge_json(charge: ChargeState) -> Json:
    """A Charge."""
    intent = charge.intent
    return {
        **_EXAMPLE,
        "amount": charge.amount,
        "amount_captured": charge.amount_captured,
        "amount_refunded": charge.amount_refunded,
        "application_fee": charge.application_fees[-1] if charge.application_fees else None,
        "application_fee_amount": intent.echoed.get("application_fee_amount"),
        "balance_transaction": charge.balance_transaction,
        "billing_details": BILLING_DETAILS,
        "captured": charge.captured,
        "created": charge.created,
        "currency": intent.currency,
        "customer": intent.customer,
        "description": intent.echoed.get("description"),
        "disputed": charge.disputed,
        "failure_code": charge.failure and charge.failure["code"],
        "failure_message": charge.failure and charge.failure["message"],
        "id": charge.id,
        "livemode": charge.scope.livemode,
        "metadata": charge.metadata,
        "on_behalf_of": intent.echoed.get("on_behalf_of"),
        "outcome": _outcome(charge.failure),
        "paid": charge.status == "succeeded",
        "payment_intent": intent.id,
        "payment_method": charge.method.id,
        "payment_method_details": _method_details(charge),
        "receipt_email": intent.echoed.get("receipt_email"),
        "receipt_url": f"{_RECEIPTS}/{charge.id}" if charge.status == "succeeded" else None,
        "refunded": charge.captured and charge.amount_captured > 0 and charge.refundable == 0,
        "review": charge.review,
        "shipping": intent.echoed.get("shipping"),
        "statement_descriptor": intent.echoed.get("statement_descriptor"),
        "statement_descriptor_suffix": intent.echoed.get("statement_descriptor_suffix"),
        "status": charge.status,
        **({"transfer": charge.transfers[-1]} if charge.transfers else {}),
        "transfer_data": _transfer_data(intent.echoed.get("transfer_data")),
        "transfer_group": intent.echoed.get("transfer_group") or charge.group,
    }


def _transfer_data(stored: object) -> Json | None:
    return {"amount": None, **stored} if isinstance(stored, dict) else None


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


def _method_details(charge: ChargeState) -> Json:
    test = charge.method.test
    if test.type != "card":
        return {test.type: _bank_details(test.last4), "type": test.type}
    details = _EXAMPLE["payment_method_details"]
    assert isinstance(details, dict)
    card = {
        **details["card"],
        "amount_authorized": charge.amount,
        "brand": test.brand,
        "funding": test.funding,
        "installments": None,
        "last4": test.last4,
        "network": test.brand,
        "three_d_secure": _THREE_D_SECURE if charge.authenticated else None,
        "wallet": None,
        **holds.shown_features(charge),
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


ROUTES: Routes = {
    ("GET", ChargeState.URL): ApiRoute(list_, LIST_CHARGES),
    ("GET", f"{ChargeState.URL}/{{id}}"): ApiRoute(get),
}
