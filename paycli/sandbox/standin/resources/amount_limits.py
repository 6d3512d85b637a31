"""The amounts that Stripe accepts.

https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts: the minimums are those of
accounts that settle in the same currency.
"""

from paycli import money
from paycli.sandbox.standin.api.errors import StripeErrorResponse, invalid_param

_MINIMUM = {
    "usd": 50, "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200,
    "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
_MAXIMUM_DIGITS = {"idr": 12}
_DEFAULT_MAXIMUM_DIGITS = 8


def check_amount(amount: int, currency_code: str) -> None:
    """Checks the amount of a payment, in minor units.

    Raises:
        StripeErrorResponse: too small, too large, or not a multiple that the currency requires.
    """
    currency = money.currency(currency_code)
    minimum = _MINIMUM.get(currency_code, 1)
    if amount < minimum:
        message = f"Amount must be at least {money.format_amount(minimum, currency)}."
        raise invalid_param("amount", message, "amount_too_small")
    maximum = 10 ** _MAXIMUM_DIGITS.get(currency_code, _DEFAULT_MAXIMUM_DIGITS) - 1
    if amount > maximum:
        message = f"Amount must be no more than {money.format_amount(maximum, currency)}."
        raise invalid_param("amount", message, "amount_too_large")
    try:
        money.check_amount(amount, currency)
    except money.WrongAmount as error:
        raise StripeErrorResponse(f"Invalid amount: {error}.", param="amount") from None
