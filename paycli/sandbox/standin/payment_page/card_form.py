"""The form of the page: test cards by what they do, or a card typed in, checked as forms do.

https://docs.stripe.com/testing, https://docs.stripe.com/error-codes
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from paycli.sandbox.standin import cards
from paycli.sandbox.standin.params import Params, Schema, text

TYPED = "typed"
"""Stands for a card typed in, in the field `card`."""
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


class Choice(NamedTuple):
    """A test payment method and what it does."""

    method: str
    does: str

    @property
    def shown(self) -> str:
        """Its kind and last four digits."""
        test = cards.by_id(self.method)
        assert test is not None
        return f"{test.brand.capitalize() or 'Bank account'} ···· {test.last4}"


CARDS = (
    Choice("pm_card_visa", "Pays"),
    Choice("pm_card_threeDSecure2Required", "3-D Secure, then pays"),
    Choice("pm_card_visa_chargeDeclinedInsufficientFunds", "Declined: insufficient funds"),
    Choice("pm_card_visa_chargeDeclined", "Declined: no reason given"),
    Choice("pm_card_chargeDeclinedExpiredCard", "Declined: card expired"),
    Choice("pm_card_chargeDeclinedIncorrectCvc", "Declined: wrong security code"),
    Choice("pm_card_createDispute", "Pays, then is disputed"),
)
BANK_ACCOUNT = Choice("pm_usBankAccount_success", "Bank debit, paid a while later")


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it was sent; `wrong` says by field what can't be right."""

    card: str = CARDS[0].method
    number: str = ""
    expiry: str = ""
    email: str = ""
    wrong: Mapping[str, str] | None = None

    @property
    def method(self) -> Params:
        """The payment method in the API's parameters."""
        if self.card != TYPED:
            return Params({"payment_method": self.card})
        card = Params({"number": self.number})
        return Params({"payment_method_data": Params({"card": card})})


def read(asked: Params, now: int) -> Filled:
    """The form's fields, a typed card checked at the Unix time `now`; its CVC is not kept."""
    card = asked.text("card") or ""
    number, expiry = asked.text("number") or "", asked.text("expiry") or ""
    wrong = {}
    if card == TYPED:
        wrong = _wrong(number, expiry, asked.text("cvc") or "", now)
    elif cards.by_id(card) is None:
        wrong = {"card": "Choose a test card."}
    return Filled(card, number, expiry, asked.text("email") or "", wrong)


def _wrong(number: str, expiry: str, cvc: str, now: int) -> dict[str, str]:
    digits = re.sub(r"[ -]", "", number)
    test = cards.by_number(digits)
    checks = {
        "number": _number_is(digits),
        "expiry": _expiry_is(expiry, now),
        "cvc": _cvc_is(cvc, 4 if test and test.brand == "amex" else 3),
    }
    return {field: problem for field, problem in checks.items() if problem}


def _number_is(digits: str) -> str | None:
    if not digits:
        return "Your card number is incomplete."
    return None if _NUMBER.fullmatch(digits) and luhn(digits) else "Your card number is invalid."


def _expiry_is(expiry: str, now: int) -> str | None:
    found = _EXPIRY.fullmatch(expiry)
    if found is None:
        return "Your card's expiration date is incomplete: write month and year, as on the card."
    month, year = int(found["month"]), _CENTURY + int(found["year"])
    if not 1 <= month <= 12:  # noqa: PLR2004  (the months of a year)
        return "Your card's expiration month is invalid."
    today = time.gmtime(now)
    if (year, month) < (today.tm_year, today.tm_mon):
        return "Your card's expiration date is in the past."
    return None


def _cvc_is(cvc: str, length: int) -> str | None:
    return (
        None
        if re.fullmatch(rf"[0-9]{{{length}}}", cvc)
        else "Your card's security code is incomplete."
    )


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
