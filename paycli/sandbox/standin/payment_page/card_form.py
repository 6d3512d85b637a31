"""The page's form: a test card of a list, or a card number with the checks of a card form.

https://docs.stripe.com/testing, https://docs.stripe.com/error-codes
"""

import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from paycli.sandbox.standin.api.params import Params, Schema, text
from paycli.sandbox.standin.payment_page.payment_view import PaymentView
from paycli.sandbox.standin.resources import stripe_test_methods

ENTERED = "typed"
"""The value of the field `card` for a card number that is entered."""
FIELDS: Schema = {
    "card": text(),
    "number": text(),
    "expiry": text(),
    "cvc": text(),
    "email": text(800),
}
_EXPIRY = re.compile(r"\s*(?P<month>[0-9]{1,2})\s*[/-]?\s*(?:20)?(?P<year>[0-9]{2})\s*")
_NUMBER = re.compile(r"[0-9]{12,19}")
_CENTURY = 2000


class CardChoice(NamedTuple):
    """A test payment method of the list, and the result of paying with it."""

    method_id: str
    result: str

    @property
    def label(self) -> str:
        """Brand and last four digits."""
        test = stripe_test_methods.by_id(self.method_id)
        assert test is not None
        return test.label


CARDS = (
    CardChoice("pm_card_visa", "Succeeds"),
    CardChoice("pm_card_threeDSecure2Required", "Requires 3-D Secure, then succeeds"),
    CardChoice("pm_card_visa_chargeDeclinedInsufficientFunds", "Declined: insufficient funds"),
    CardChoice("pm_card_visa_chargeDeclined", "Declined: no reason given"),
    CardChoice("pm_card_chargeDeclinedExpiredCard", "Declined: expired card"),
    CardChoice("pm_card_chargeDeclinedIncorrectCvc", "Declined: incorrect security code"),
    CardChoice("pm_card_createDispute", "Succeeds, then disputed"),
)
_SAVING_CARDS = (
    CardChoice("pm_card_authenticationRequiredOnSetup", "Requires 3-D Secure only this time"),
    CardChoice("pm_card_authenticationRequired", "Requires 3-D Secure for each charge"),
)
SETUP_CARDS = (
    CardChoice("pm_card_visa", "Succeeds"),
    *_SAVING_CARDS,
    CardChoice("pm_card_chargeCustomerFail", "Succeeds; later charges are declined"),
    CardChoice("pm_card_visa_chargeDeclined", "Declined: no reason given"),
    CardChoice("pm_card_chargeDeclinedExpiredCard", "Declined: expired card"),
)
BANK_ACCOUNT = CardChoice("pm_usBankAccount_success", "Bank debit, succeeds after a moment")


@dataclass(frozen=True, slots=True)
class SubmittedForm:
    """The submitted fields, without the CVC; `errors` by field."""

    card: str = CARDS[0].method_id
    number: str = ""
    expiry: str = ""
    email: str = ""
    errors: Mapping[str, str] | None = None

    @property
    def method(self) -> Params:
        """The payment method in the API's parameters."""
        if self.card != ENTERED:
            return Params({"payment_method": self.card})
        card = Params({"number": self.number})
        return Params({"payment_method_data": Params({"card": card})})


def choices(view: PaymentView) -> tuple[CardChoice, ...]:
    """The test payment methods that the page offers."""
    if view.is_setup:
        return SETUP_CARDS
    saving = _SAVING_CARDS if view.saves_card else ()
    bank = (BANK_ACCOUNT,) if view.accepts_bank_debits else ()
    return (*CARDS, *saving, *bank)


def read(params: Params, now: int, saved: Collection[str] = ()) -> SubmittedForm:
    """The form's fields; an entered card is checked at `now`, in Unix seconds.

    `saved` are the ids of the customer's saved cards.
    """
    card = params.text("card") or ""
    number, expiry = params.text("number") or "", params.text("expiry") or ""
    errors = {}
    if card == ENTERED:
        errors = _check_card(number, expiry, params.text("cvc") or "", now)
    elif card not in saved and stripe_test_methods.by_id(card) is None:
        errors = {"card": "Choose a card."}
    return SubmittedForm(card, number, expiry, params.text("email") or "", errors)


def _check_card(number: str, expiry: str, cvc: str, now: int) -> dict[str, str]:
    digits = re.sub(r"[ -]", "", number)
    test = stripe_test_methods.by_number(digits)
    errors = {
        "number": _number_error(digits),
        "expiry": _expiry_error(expiry, now),
        "cvc": _cvc_error(cvc, 4 if test and test.brand == "amex" else 3),
    }
    return {field: error for field, error in errors.items() if error}


def _number_error(digits: str) -> str | None:
    if not digits:
        return "Your card number is incomplete."
    valid = _NUMBER.fullmatch(digits) and has_valid_check_digit(digits)
    return None if valid else "Your card number is invalid."


def _expiry_error(expiry: str, now: int) -> str | None:
    match = _EXPIRY.fullmatch(expiry)
    if match is None:
        return "Your card's expiration date is incomplete: enter month and year, as on the card."
    month, year = int(match["month"]), _CENTURY + int(match["year"])
    if not 1 <= month <= 12:  # noqa: PLR2004  (the months of a year)
        return "Your card's expiration month is invalid."
    today = time.gmtime(now)
    if (year, month) < (today.tm_year, today.tm_mon):
        return "Your card's expiration date is in the past."
    return None


def _cvc_error(cvc: str, length: int) -> str | None:
    if re.fullmatch(rf"[0-9]{{{length}}}", cvc):
        return None
    return "Your card's security code is incomplete."


def has_valid_check_digit(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
