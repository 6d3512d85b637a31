"""The payment method that a request names: an existing one, or Stripe's test ones.

A test method is created when it is used: by id, card number or token.
"""

import time

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall
from paycli.sandbox.standin.api.errors import (
    StripeErrorResponse,
    invalid_param,
    no_such_reference,
)
from paycli.sandbox.standin.api.params import Params, Schema, choice, integer, nested, text
from paycli.sandbox.standin.resources import stripe_test_methods
from paycli.sandbox.standin.resources.payment_objects import PaymentMethodState
from paycli.sandbox.standin.resources.stripe_test_methods import TestPaymentMethod
from paycli.sandbox.standin.store.objects import Json

BANK_DEBIT_CURRENCY = "usd"
_CENTURY = 2000
_TWO_DIGITS = 100
_CARD: Schema = {
    "number": text(),
    "exp_month": integer(1, 12),
    "exp_year": integer(0),
    "cvc": text(4),
    "token": text(),
}
METHOD: Schema = {
    "type": text(),
    "card": nested(_CARD),
    "billing_details": params.unchecked,
    "metadata": params.unchecked,
}
PAYMENT_METHOD_DATA = nested(METHOD)
AUTOMATIC_METHODS = nested(
    {"enabled": params.boolean, "allow_redirects": choice("always", "never")}, ("enabled",)
)


def from_params(call: ApiCall, currency: str | None) -> PaymentMethodState | None:
    """The payment method of the parameters, created if it is a test one; None if there is none.

    `currency` is that of the payment; None: without a payment, only cards can be used.

    Raises:
        StripeErrorResponse: it does not exist, or can't be used with the currency.
    """
    parsed, store = call.params, call.store
    method_id = parsed.text("payment_method")
    if method_id and (existing := store.find(PaymentMethodState, method_id, call.scope)):
        return existing
    card = parsed.inner("payment_method_data").inner("card")
    name = "payment_method_data[card]"
    test = _by_id(method_id) if method_id else _by_card(card, name)
    if test is None:
        return None
    if test.type != "card" and currency != BANK_DEBIT_CURRENCY:
        message = f"A bank debit needs a payment in the currency {BANK_DEBIT_CURRENCY}."
        raise invalid_param("payment_method", message)
    return _add(call, test, card)


def from_card(call: ApiCall) -> PaymentMethodState | None:
    """A new payment method of the test card in the parameter `card`; None without one.

    Raises:
        StripeErrorResponse: it is not a test card.
    """
    card = call.params.inner("card")
    test = _by_card(card, "card")
    return None if test is None else _add(call, test, card)


def automatic_methods(parsed: Params) -> Json | None:
    """The `automatic_payment_methods`: enabled, unless `payment_method_types` are given."""
    automatic = parsed.inner("automatic_payment_methods")
    if automatic.flag("enabled") or (
        "automatic_payment_methods" not in parsed and "payment_method_types" not in parsed
    ):
        redirects = automatic.text("allow_redirects") or "always"
        return {"allow_redirects": redirects, "enabled": True}
    return None


def method_types(parsed: Params) -> tuple[str, ...]:
    """The `payment_method_types`; empty if not given."""
    return tuple(str(name) for name in parsed.items("payment_method_types") or ())


def _add(call: ApiCall, test: TestPaymentMethod, card: Params) -> PaymentMethodState:
    store = call.store
    today = time.gmtime(store.now())
    year = card.number("exp_year") or today.tm_year + 1
    return store.add(
        PaymentMethodState(
            id=store.new_id("pm_1"),
            scope=call.scope,
            created=store.now(),
            number=store.next_number(),
            test=test,
            exp_month=card.number("exp_month") or today.tm_mon,
            exp_year=year + _CENTURY if year < _TWO_DIGITS else year,
        )
    )


def _by_id(method_id: str) -> TestPaymentMethod:
    test = stripe_test_methods.by_id(method_id)
    if test is None:
        raise no_such_reference("PaymentMethod", method_id, "payment_method")
    return test


def _by_card(card: Params, name: str) -> TestPaymentMethod | None:
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
            raise no_such_reference("token", token, f"{name}[token]")
        return test
    return None
