"""What Stripe takes as an amount: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts.

Minimums are those of accounts that settle in the same currency.
"""

from paycli import money
from paycli.sandbox.standin.refusals import Refusal, invalid

_MINIMUM = {
    "usd": 50, "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200,
    "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
_MAXIMUM_DIGITS = {"idr": 12}
_USUAL_MAXIMUM_DIGITS = 8


def check_amount(amount: int, code: str) -> None:
    """Checks what is to be paid, in the minor unit.

    Raises:
        Refusal: too small, too large, or not a multiple that the currency asks for.
    """
    currency = money.currency(code)
    if amount < _MINIMUM.get(code, 1):
        least = money.format_amount(_MINIMUM.get(code, 1), currency)
        raise invalid("amount", f"Amount must be at least {least}.", "amount_too_small")
    most = 10 ** _MAXIMUM_DIGITS.get(code, _USUAL_MAXIMUM_DIGITS) - 1
    if amount > most:
        shown = money.format_amount(most, currency)
        raise invalid("amount", f"Amount must be no more than {shown}.", "amount_too_large")
    try:
        money.check_amount(amount, currency)
    except money.WrongAmount as wrong:
        raise Refusal(f"Invalid amount: {wrong}.", param="amount") from None
