"""Stripe's test cards and payment methods, and what happens with each.

https://docs.stripe.com/testing, https://docs.stripe.com/declines/codes,
https://docs.stripe.com/ach-debit/accept-a-payment#test-your-integration
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a card is refused: Stripe's `code`, `decline_code` and `advice_code`, and its words."""

    code: str
    message: str
    decline_code: str | None = None
    advice_code: str | None = None


@dataclass(frozen=True, slots=True)
class TestMethod:
    """A payment method for tests.

    `authentication` is when 3-D Secure is asked for: never, always, or unless off_session.
    `then` names what follows a success: a dispute's reason, a fraud warning, an odd refund.
    """

    __test__ = False  # not a test case for pytest

    id: str
    number: str
    brand: str = "visa"
    funding: str = "credit"
    decline: Decline | None = None
    authentication: str = "never"
    then: str | None = None
    kind: str = "card"
    settles: bool = True

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]


def _declined(decline_code: str, words: str, advice_code: str) -> Decline:
    return Decline("card_declined", words, decline_code, advice_code)


_AGAIN: Final = "try_again_later"
_NEVER: Final = "do_not_try_again"
_DATA: Final = "confirm_card_data"
_GENERIC = _declined("generic_decline", "Your card was declined.", _AGAIN)
_FUNDS = _declined("insufficient_funds", "Your card has insufficient funds.", _AGAIN)
_FRAUD = _declined("fraudulent", "Your card was declined.", _NEVER)
_PROCESSING = Decline(
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    "processing_error",
    _AGAIN,
)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
    _AGAIN,
)
AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "The payment method was not authenticated. Give another one to try again.",
)

_ALL = (
    TestMethod("pm_card_visa", "4242424242424242"),
    TestMethod("pm_card_visa_debit", "4000056655665556", funding="debit"),
    TestMethod("pm_card_mastercard", "5555555555554444", "mastercard"),
    TestMethod("pm_card_mastercard_debit", "5200828282828210", "mastercard", "debit"),
    TestMethod("pm_card_mastercard_prepaid", "5105105105105100", "mastercard", "prepaid"),
    TestMethod("pm_card_amex", "378282246310005", "amex"),
    TestMethod("pm_card_discover", "6011111111111117", "discover"),
    TestMethod("pm_card_diners", "3056930009020004", "diners"),
    TestMethod("pm_card_jcb", "3566002020360505", "jcb"),
    TestMethod("pm_card_unionpay", "6200000000000005", "unionpay"),
    TestMethod("pm_card_visa_chargeDeclined", "4000000000000002", decline=_GENERIC),
    TestMethod("pm_card_visa_chargeDeclinedInsufficientFunds", "4000000000009995", decline=_FUNDS),
    TestMethod(
        "pm_card_visa_chargeDeclinedLostCard",
        "4000000000009987",
        decline=_declined("lost_card", "Your card was declined.", _NEVER),
    ),
    TestMethod(
        "pm_card_visa_chargeDeclinedStolenCard",
        "4000000000009979",
        decline=_declined("stolen_card", "Your card was declined.", _NEVER),
    ),
    TestMethod(
        "pm_card_chargeDeclinedExpiredCard",
        "4000000000000069",
        decline=Decline("expired_card", "Your card has expired.", "expired_card", _DATA),
    ),
    TestMethod(
        "pm_card_chargeDeclinedIncorrectCvc",
        "4000000000000127",
        decline=Decline(
            "incorrect_cvc", "Your card's security code is incorrect.", "incorrect_cvc", _DATA
        ),
    ),
    TestMethod("pm_card_chargeDeclinedProcessingError", "4000000000000119", decline=_PROCESSING),
    TestMethod(
        "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
        "4000000000006975",
        decline=_declined(
            "card_velocity_exceeded", "Your card's balance or credit limit was exceeded.", _AGAIN
        ),
    ),
    TestMethod("pm_card_chargeCustomerFail", "4000000000000341", decline=_GENERIC),
    TestMethod("pm_card_radarBlock", "4100000000000019", decline=_FRAUD),
    TestMethod("pm_card_chargeDeclinedFraudulent", "4100000000000019", decline=_FRAUD),
    TestMethod(
        "pm_card_authenticationRequiredOnSetup",
        "4000002500003155",
        authentication="unless_off_session",
    ),
    TestMethod("pm_card_authenticationRequired", "4000002760003184", authentication="always"),
    TestMethod(
        "pm_card_authenticationRequiredSetupForOffSession",
        "4000003800000446",
        authentication="unless_off_session",
    ),
    TestMethod(
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        decline=_FUNDS,
        authentication="always",
    ),
    TestMethod("pm_card_threeDSecure2Required", "4000000000003220", authentication="always"),
    TestMethod("pm_card_threeDSecureRequired", "4000000000003063", authentication="always"),
    TestMethod(
        "pm_card_threeDSecureRequiredChargeDeclined",
        "4000008400001629",
        decline=_GENERIC,
        authentication="always",
    ),
    TestMethod("pm_card_threeDSecureOptional", "4000000000003055"),
    TestMethod("pm_card_createDispute", "4000000000000259", then="dispute:fraudulent"),
    TestMethod(
        "pm_card_createDisputeProductNotReceived",
        "4000000000002685",
        then="dispute:product_not_received",
    ),
    TestMethod("pm_card_createIssuerFraudRecord", "4000000000005423", then="fraud_warning"),
    TestMethod("pm_card_pendingRefund", "4000000000007726", then="refund_pending"),
    TestMethod("pm_card_refundFail", "4000000000005126", then="refund_fails"),
    TestMethod("pm_usBankAccount_success", "000123456789", "", kind="us_bank_account"),
    TestMethod(
        "pm_usBankAccount_insufficientFunds",
        "000222222227",
        "",
        kind="us_bank_account",
        decline=Decline("insufficient_funds", "The bank account has insufficient funds."),
    ),
    TestMethod(
        "pm_usBankAccount_processing", "000555555559", "", kind="us_bank_account", settles=False
    ),
)
_BY_ID = {method.id: method for method in _ALL}
# Two ids can stand for one number: the first is its own.
_BY_NUMBER = {method.number: method for method in reversed(_ALL) if method.kind == "card"}

CARDS = tuple(method for method in _ALL if method.kind == "card")
"""All test cards, those that succeed first."""


def by_id(identity: str) -> TestMethod | None:
    """The test method of a `pm_card_…`; the name of the brand may be left out or put in."""
    if found := _BY_ID.get(identity):
        return found
    if identity.startswith("pm_card_visa_"):
        return _BY_ID.get(identity.replace("_visa_", "_", 1))
    return _BY_ID.get(identity.replace("pm_card_", "pm_card_visa_", 1))


def by_number(number: str) -> TestMethod | None:
    """The test method of a card number; blanks in it do not matter."""
    return _BY_NUMBER.get(re.sub(r"[ -]", "", number))
