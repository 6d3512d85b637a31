"""Stripe's currencies and their units. Amounts are always integers, never floats.

All rules are from https://docs.stripe.com/currencies.
"""

import re
from dataclasses import dataclass

_UNITS = {2: "hundredths", 3: "thousandths"}
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,18}))?")


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency that Stripe supports.

    `code` is the lower-case ISO 4217 code. `exponent` is the number of decimals of Stripe's unit
    (2: hundredths). `display_decimals` is the number of decimals in an amount as humans write it.
    An amount in Stripe's unit must be a multiple of `multiple`.
    """

    code: str
    exponent: int
    display_decimals: int
    multiple: int


# The union of the lists of all countries. Stripe checks what an individual account may charge.
_TWO_DECIMAL = """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bmd bnd bob brl bsd bwp byn bzd cad cdf chf
    cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr
    ils inr jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr
    mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle
    sos srd std szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd xcg yer zar zmw
"""
_ZERO_DECIMAL = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"
_THREE_DECIMAL = "bhd jod kwd omr tnd"
# These currencies have no decimals any more, but Stripe's unit is still the hundredth. HUF and TWD
# are not among them: only their payouts must be whole numbers.
_WHOLE_IN_HUNDREDTHS = "isk ugx"

_CURRENCIES = {
    code: Currency(code, exponent, display_decimals, multiple)
    for codes, exponent, display_decimals, multiple in (
        (_TWO_DECIMAL, 2, 2, 1),
        (_ZERO_DECIMAL, 0, 0, 1),
        (_THREE_DECIMAL, 3, 3, 10),
        (_WHOLE_IN_HUNDREDTHS, 2, 0, 100),
    )
    for code in codes.split()
}


class UnknownCurrency(ValueError):
    """Stripe does not support the currency; the message says what to do."""


class WrongAmount(ValueError):
    """The amount is invalid in its currency; the message says what to do."""


def currency(code: str) -> Currency:
    """Returns the currency with an ISO 4217 code, in lower or upper case.

    Raises:
        UnknownCurrency: Stripe does not support it.
    """
    # lower() maps some non-ASCII characters to ASCII letters: the Kelvin sign becomes "k".
    result = _CURRENCIES.get(code.lower()) if code.isascii() else None
    if result is None:
        raise UnknownCurrency(
            "Stripe does not support this currency: use one of the three-letter codes at "
            "https://docs.stripe.com/currencies, such as eur"
        )
    return result


def check_amount(amount: int, currency: Currency) -> None:
    """Checks an amount in Stripe's unit; minimum and maximum are checked by Stripe.

    Raises:
        WrongAmount: it is not positive, or not a multiple that Stripe requires in this currency.
        TypeError: it is not an int; a bool is not accepted.
    """
    if type(amount) is not int:
        raise TypeError(f"an amount must be an int in Stripe's unit, not {type(amount).__name__}")
    if amount <= 0:
        raise WrongAmount("the amount must be a whole number above 0")
    if amount % currency.multiple:
        example = 500 * currency.multiple
        raise WrongAmount(
            f"{currency.code.upper()} amounts are in {_UNITS[currency.exponent]} and end in "
            f"{str(currency.multiple)[1:]}: {example} means {format_amount(example, currency)}"
        )


def parse_amount(text: str, currency: Currency) -> int:
    """Parses a decimal amount into Stripe's unit: "20.00" in eur is 2000, "500" in isk is 50000.

    `text` consists of ASCII digits and exactly the currency's decimals after a point.

    Raises:
        WrongAmount: the format is wrong, or the amount is invalid in the currency.
    """
    code, decimals = currency.code.upper(), currency.display_decimals
    number = _NUMBER.fullmatch(text)
    whole, fraction = number.groups("") if number else ("", "")
    if whole and decimals and not fraction:
        raise WrongAmount(
            f"{text} {code} is ambiguous: write {text}.{'0' * decimals}, "
            f"or in Stripe's unit --amount-minor {text}"
        )
    if not whole or len(fraction) != decimals:
        example, _ = format_amount(2000 * currency.multiple, currency).split()
        raise WrongAmount(
            f"{code} amounts are written with {decimals or 'no'} decimals, such as {example}"
        )
    amount = int(whole + fraction + "0" * (currency.exponent - decimals))
    check_amount(amount, currency)
    return amount


def format_amount(amount: int, currency: Currency) -> str:
    """Formats an amount in Stripe's unit with its currency: 2000 in eur is "20.00 EUR".

    The inverse of `parse_amount`, but defined for every int: it also formats 0, negative amounts,
    and fractions that the currency should not have (550 in isk is "5.50 ISK").
    """
    whole, rest = divmod(abs(amount), 10**currency.exponent)
    text = f"{'-' if amount < 0 else ''}{whole}"
    if rest or currency.display_decimals:
        text += f".{rest:0{currency.exponent}d}"
    return f"{text} {currency.code.upper()}"
