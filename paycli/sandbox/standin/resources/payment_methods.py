"""PaymentMethods: https://docs.stripe.com/api/payment_methods.

They are created when they are used: test ones by id, card number or token.
"""

from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, Routes
from paycli.sandbox.standin.api.errors import (
    StripeErrorResponse,
    invalid_param,
    not_found,
)
from paycli.sandbox.standin.resources import stripe_test_methods
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.resources.payment_objects import PaymentMethodState
from paycli.sandbox.standin.resources.stripe_test_methods import TestPaymentMethod
from paycli.sandbox.standin.store.objects import Json, ObjectState
from paycli.sandbox.standin.store.rendering import as_json

BANK_DEBIT_CURRENCY = "usd"
BILLING_DETAILS: Json = {
    "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}
_EXAMPLE = example("payment_method", metadata={})


@as_json.register
def payment_method_json(method: PaymentMethodState) -> Json:
    """A PaymentMethod."""
    test = method.test
    common = {
        **_EXAMPLE,
        "billing_details": BILLING_DETAILS,
        "created": method.created,
        "id": method.id,
        "livemode": method.scope.livemode,
        "type": test.type,
    }
    if test.type == "card":
        card = _EXAMPLE["card"]
        assert isinstance(card, dict)
        return common | {
            "card": {
                **card,
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
    return common | {test.type: _bank_account(test.last4)}


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payment_methods/retrieve."""
    return call.find(PaymentMethodState)


def from_params(call: ApiCall, currency: str) -> PaymentMethodState | None:
    """The payment method of the parameters, created if it is a test one; None if there is none.

    Raises:
        StripeErrorResponse: it does not exist, or can't be used with the currency.
    """
    params, store = call.params, call.store
    method_id = params.text("payment_method")
    if method_id and (existing := store.find(PaymentMethodState, method_id, call.scope)):
        return existing
    test = _test_method(call, method_id)
    if test is None:
        return None
    if test.type != "card" and currency != BANK_DEBIT_CURRENCY:
        message = f"A bank debit needs the currency {BANK_DEBIT_CURRENCY}."
        raise invalid_param("payment_method", message)
    return store.add(
        PaymentMethodState(
            id=store.new_id("pm_1"),
            scope=call.scope,
            created=store.now(),
            number=store.next_number(),
            test=test,
        )
    )


def _test_method(call: ApiCall, method_id: str | None) -> TestPaymentMethod | None:
    card = call.params.inner("payment_method_data").inner("card")
    if method_id:
        test = stripe_test_methods.by_id(method_id)
        if test is None:
            raise not_found("PaymentMethod", method_id, "payment_method")
        return test
    if number := card.text("number"):
        test = stripe_test_methods.by_number(number)
        if test is None:
            raise StripeErrorResponse(
                "Your card was declined: only Stripe's test cards work in the sandbox.",
                status=402,
                error_type="card_error",
                code="card_declined",
                extra={"decline_code": "test_mode_live_card"},
            )
        return test
    if token := card.text("token"):
        test = stripe_test_methods.by_id(token.replace("tok_", "pm_card_", 1))
        if test is None:
            raise not_found("token", token, "payment_method_data[card][token]")
        return test
    return None


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


ROUTES: Routes = {("GET", f"{PaymentMethodState.URL}/{{id}}"): ApiRoute(get)}
