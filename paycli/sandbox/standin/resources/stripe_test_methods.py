"""Stripe's test cards and bank accounts, and what happens with each.

https://docs.stripe.com/testing, https://docs.stripe.com/declines/codes,
https://docs.stripe.com/ach-debit/accept-a-payment#test-your-integration
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a payment is declined: Stripe's `code`, `message`, `decline_code` and `advice_code`."""

    code: str
    message: str
    decline_code: str | None = None
    advice_code: str | None = None


@dataclass(frozen=True, slots=True)
class TestPaymentMethod:
    """A test payment method.

    `authentication` says when 3-D Secure is required: `never`, `always`, `on_session` or
    `until_set_up` (on session; and off session until the card was set up for that). After a
    successful payment, `dispute_reason` opens a dispute and `fraud_warning` an early fraud warning.
    `refund` is what becomes of refunds: `succeeds`, `pends` (succeeds later) or `fails` (later).
    `increment_decline` is why increments of a hold are declined.
    `settles` False: a bank debit stays in `processing`. `declines_setup` False: a card that
    declines payments can be attached to a customer.
    """

    __test__ = False  # not a test case for pytest

    id: str
    number: str
    brand: str = "visa"
    funding: str = "credit"
    decline: Decline | None = None
    authentication: str = "never"
    dispute_reason: str | None = None
    fraud_warning: bool = False
    refund: str = "succeeds"
    type: str = "card"
    settles: bool = True
    declines_setup: bool = True
    increment_decline: Decline | None = None

    @property
    def setup_decline(self) -> Decline | None:
        """Why the card can't be attached or set up, if it can't."""
        return self.decline if self.declines_setup else None

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]

    @property
    def label(self) -> str:
        """Brand and last four digits, for the payment page."""
        return f"{self.brand.capitalize() or 'Bank account'} ···· {self.last4}"


def _declined(decline_code: str, message: str, advice_code: str) -> Decline:
    return Decline("card_declined", message, decline_code, advice_code)


_TRY_AGAIN_LATER: Final = "try_again_later"
_DO_NOT_TRY_AGAIN: Final = "do_not_try_again"
_CONFIRM_CARD_DATA: Final = "confirm_card_data"
_GENERIC = _declined("generic_decline", "Your card was declined.", _TRY_AGAIN_LATER)
_INSUFFICIENT_FUNDS = _declined(
    "insufficient_funds", "Your card has insufficient funds.", _TRY_AGAIN_LATER
)
_FRAUDULENT = _declined("fraudulent", "Your card was declined.", _DO_NOT_TRY_AGAIN)
_PROCESSING_ERROR = Decline(
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    "processing_error",
    _TRY_AGAIN_LATER,
)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
    _TRY_AGAIN_LATER,
)
AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "The payment method was not authenticated. Use another one to try again.",
)
SETUP_AUTHENTICATION_FAILED = Decline(
    "setup_intent_authentication_failure", AUTHENTICATION_FAILED.message
)

_SANDBOX_METHODS = (
    TestPaymentMethod(
        "pm_card_sandboxIncrementDeclined",
        "4000000000009003",
        increment_decline=_INSUFFICIENT_FUNDS,
    ),
)
"""What Stripe has no test card for."""
_ALL = (
    TestPaymentMethod("pm_card_visa", "4242424242424242"),
    TestPaymentMethod("pm_card_visa_debit", "4000056655665556", funding="debit"),
    TestPaymentMethod("pm_card_mastercard", "5555555555554444", "mastercard"),
    TestPaymentMethod("pm_card_mastercard_debit", "5200828282828210", "mastercard", "debit"),
    TestPaymentMethod("pm_card_mastercard_prepaid", "5105105105105100", "mastercard", "prepaid"),
    TestPaymentMethod("pm_card_amex", "378282246310005", "amex"),
    TestPaymentMethod("pm_card_discover", "6011111111111117", "discover"),
    TestPaymentMethod("pm_card_diners", "3056930009020004", "diners"),
    TestPaymentMethod("pm_card_jcb", "3566002020360505", "jcb"),
    TestPaymentMethod("pm_card_unionpay", "6200000000000005", "unionpay"),
    TestPaymentMethod("pm_card_visa_chargeDeclined", "4000000000000002", decline=_GENERIC),
    TestPaymentMethod(
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        "4000000000009995",
        decline=_INSUFFICIENT_FUNDS,
    ),
    TestPaymentMethod(
        "pm_card_visa_chargeDeclinedLostCard",
        "4000000000009987",
        decline=_declined("lost_card", "Your card was declined.", _DO_NOT_TRY_AGAIN),
    ),
    TestPaymentMethod(
        "pm_card_visa_chargeDeclinedStolenCard",
        "4000000000009979",
        decline=_declined("stolen_card", "Your card was declined.", _DO_NOT_TRY_AGAIN),
    ),
    TestPaymentMethod(
        "pm_card_chargeDeclinedExpiredCard",
        "4000000000000069",
        decline=Decline(
            "expired_card", "Your card has expired.", "expired_card", _CONFIRM_CARD_DATA
        ),
    ),
    TestPaymentMethod(
        "pm_card_chargeDeclinedIncorrectCvc",
        "4000000000000127",
        decline=Decline(
            "incorrect_cvc",
            "Your card's security code is incorrect.",
            "incorrect_cvc",
            _CONFIRM_CARD_DATA,
        ),
    ),
    TestPaymentMethod(
        "pm_card_chargeDeclinedProcessingError", "4000000000000119", decline=_PROCESSING_ERROR
    ),
    TestPaymentMethod(
        "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
        "4000000000006975",
        decline=_declined(
            "card_velocity_exceeded",
            "Your card's balance or credit limit was exceeded.",
            _TRY_AGAIN_LATER,
        ),
    ),
    TestPaymentMethod(
        "pm_card_chargeCustomerFail", "4000000000000341", decline=_GENERIC, declines_setup=False
    ),
    TestPaymentMethod("pm_card_radarBlock", "4100000000000019", decline=_FRAUDULENT),
    TestPaymentMethod("pm_card_chargeDeclinedFraudulent", "4100000000000019", decline=_FRAUDULENT),
    TestPaymentMethod(
        "pm_card_authenticationRequiredOnSetup",
        "4000002500003155",
        authentication="until_set_up",
    ),
    TestPaymentMethod(
        "pm_card_authenticationRequired", "4000002760003184", authentication="always"
    ),
    TestPaymentMethod(
        "pm_card_authenticationRequiredSetupForOffSession",
        "4000003800000446",
        authentication="on_session",
    ),
    TestPaymentMethod(
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        decline=_INSUFFICIENT_FUNDS,
        declines_setup=False,
        authentication="until_set_up",
    ),
    TestPaymentMethod("pm_card_threeDSecure2Required", "4000000000003220", authentication="always"),
    TestPaymentMethod("pm_card_threeDSecureRequired", "4000000000003063", authentication="always"),
    TestPaymentMethod(
        "pm_card_threeDSecureRequiredChargeDeclined",
        "4000008400001629",
        decline=_GENERIC,
        declines_setup=False,
        authentication="always",
    ),
    TestPaymentMethod("pm_card_threeDSecureOptional", "4000000000003055"),
    TestPaymentMethod("pm_card_createDispute", "4000000000000259", dispute_reason="fraudulent"),
    TestPaymentMethod(
        "pm_card_createDisputeProductNotReceived",
        "4000000000002685",
        dispute_reason="product_not_received",
    ),
    TestPaymentMethod("pm_card_createIssuerFraudRecord", "4000000000005423", fraud_warning=True),
    TestPaymentMethod("pm_card_pendingRefund", "4000000000007726", refund="pends"),
    TestPaymentMethod("pm_card_refundFail", "4000000000005126", refund="fails"),
    TestPaymentMethod("pm_usBankAccount_success", "000123456789", "", type="us_bank_account"),
    TestPaymentMethod(
        "pm_usBankAccount_insufficientFunds",
        "000222222227",
        "",
        type="us_bank_account",
        decline=Decline("insufficient_funds", "The bank account has insufficient funds."),
    ),
    TestPaymentMethod(
        "pm_usBankAccount_processing", "000555555559", "", type="us_bank_account", settles=False
    ),
    *_SANDBOX_METHODS,
)
_BY_ID = {method.id: method for method in _ALL}
# Two ids may have the same number: it stands for the first of them.
_BY_NUMBER = {method.number: method for method in reversed(_ALL) if method.type == "card"}

CARDS = tuple(method for method in _ALL if method.type == "card")
"""All test cards, those that succeed first."""


def by_id(method_id: str) -> TestPaymentMethod | None:
    """The test method with an id `pm_card_…`; the brand `visa` may be added or left out."""
    if found := _BY_ID.get(method_id):
        return found
    if method_id.startswith("pm_card_visa_"):
        return _BY_ID.get(method_id.replace("_visa_", "_", 1))
    return _BY_ID.get(method_id.replace("pm_card_", "pm_card_visa_", 1))


def by_number(number: str) -> TestPaymentMethod | None:
    """The test method with a card number, which may have blanks and hyphens."""
    return _BY_NUMBER.get(re.sub(r"[ -]", "", number))
