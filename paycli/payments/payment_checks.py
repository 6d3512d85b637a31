"""Checks of requests about a payment, against the payment as it is at Stripe.

They must not refuse a request that Stripe has already carried out: with the same idempotency key it
repeats its response, whatever has become of the payment since. So they use only what no later
request can change, and Stripe validates the payment's status.
"""

import re

from paycli import money
from paycli.errors import (
    CheckoutWithoutPayment,
    FieldsInvalid,
    HoldNotGranted,
    PaymentNotFound,
    Problem,
)
from paycli.models import CapturePayment, Payment
from paycli.payments.gateway import StripeApi
from paycli.permissions import Permissions

# Ids become part of the URL path of requests to Stripe, so anything else is refused.
_PAYMENT_ID = re.compile(r"(pi|cs)_[A-Za-z0-9_]{1,250}", re.ASCII)


def check_payment_id(payment_id: str) -> None:
    """Raises PaymentNotFound if the text can't be the id of a payment."""
    if not _PAYMENT_ID.fullmatch(payment_id):
        raise PaymentNotFound("there is no such payment: ids start with pi_ or cs_")


def is_checkout(payment_id: str) -> bool:
    """Returns whether the id is that of a Checkout Session."""
    return payment_id.startswith("cs_")


def payment_intent_id(payment: Payment) -> str:
    """Returns the id of the payment's PaymentIntent. Raises CheckoutWithoutPayment."""
    if payment.payment_id is None:
        raise CheckoutWithoutPayment(
            f"this checkout is {payment.status} and has no PaymentIntent yet: "
            "the customer must pay first"
        )
    return payment.payment_id


def check_amount(amount: int | None, code: str | None, where: str = "#/amount") -> None:
    """Raises FieldsInvalid if the currency `code` does not allow the amount in the field `where`.

    Currencies that are unknown here are not checked: payments may have been created elsewhere.
    """
    if amount is None or code is None:
        return
    try:
        money.check_amount(amount, money.currency(code))
    except money.WrongAmount as error:
        raise FieldsInvalid([Problem(where, str(error))]) from error
    except money.UnknownCurrency:
        return


def check_new_amount(amount: int, payment: Payment) -> None:
    """Raises FieldsInvalid if the currency or the application fee does not allow the amount."""
    check_amount(amount, payment.currency)
    fee = _fee_before_captures(payment)
    if fee is not None and fee > amount:
        detail = f"must be at least the payment's application fee, {fee}"
        raise FieldsInvalid([Problem("#/amount", detail)])


def check_capture(request: CapturePayment, payment: Payment) -> None:
    """Raises FieldsInvalid if the amount or the fee does not fit the payment.

    Stripe would cap a fee at the captured amount, and the connected account would get nothing.
    https://docs.stripe.com/api/payment_intents/capture
    """
    check_amount(request.amount, payment.currency)
    check_amount(request.application_fee, payment.currency, "#/application_fee")
    captured = payment.amount_capturable if request.amount is None else request.amount
    fee = request.application_fee
    if fee is None:
        fee = _fee_before_captures(payment)
        if fee is not None and not request.final:
            detail = "is required: each capture of a part has its own fee"
            raise FieldsInvalid([Problem("#/application_fee", detail)])
    if fee is not None and captured and fee > captured:
        detail = f"the fee would be {fee} of the captured {captured}: set a smaller one"
        raise FieldsInvalid([Problem("#/application_fee", detail)])


def _fee_before_captures(payment: Payment) -> int | None:
    """Returns the fee until something is captured: a capture can change it."""
    return None if payment.amount_received else payment.application_fee


def check_destination(payment: Payment, permissions: Permissions) -> None:
    """Raises AccountNotAllowed if the payment goes to an account that is not the caller's."""
    if payment.destination is not None:
        permissions.check_account(payment.destination)


def check_any_destination(stripe: StripeApi, payment: Payment, permissions: Permissions) -> None:
    """Raises AccountNotAllowed as check_destination does, also for a Checkout Session.

    Its PaymentIntent is read; before it has one, Stripe shows no destination.
    """
    if permissions.limits_accounts and is_checkout(payment.id) and payment.payment_id is not None:
        payment = stripe.payments.get(payment.payment_id)
    check_destination(payment, permissions)


def check_fee_owner(request: CapturePayment, payment: Payment, permissions: Permissions) -> None:
    """Raises AccountNotAllowed if the caller lowers our fee without being allowed our account.

    The fee of a payment in a connected account is ours.
    """
    own, fee = payment.application_fee, request.application_fee
    if own is not None and fee is not None and fee < own:
        permissions.check_account(None)


def check_incremental(payment: Payment) -> None:
    """Raises HoldNotGranted if the amount of the hold can't be increased."""
    if _is_held(payment) and not (payment.hold and payment.hold.incremental):
        raise HoldNotGranted(
            "this hold cannot be increased: incremental was not requested, or not granted for the "
            "card. Create another payment for the difference"
        )


def check_multicapture(payment: Payment) -> None:
    """Raises HoldNotGranted if a capture would release the rest of the hold."""
    if _is_held(payment) and not (payment.hold and payment.hold.multicapture):
        raise HoldNotGranted(
            "the rest of this hold cannot remain held: multicapture was not requested, or not "
            "granted for the card. Capture once, with final true, all that is due"
        )


def _is_held(payment: Payment) -> bool:
    return payment.status == "requires_capture"
