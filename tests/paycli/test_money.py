"""Expected values come from ISO 4217 (the iso4217 package) and, where Stripe differs, its page."""

from decimal import Decimal
from fractions import Fraction

import iso4217
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from paycli import money
from paycli.models import CreatePayment
from paycli.money import UnknownCurrency, WrongAmount, check_amount, format_amount, parse_amount

# https://docs.stripe.com/currencies, "Supported presentment currencies", of all countries together.
SUPPORTED = """
USD AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF
CHF CLP CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL
HTG HUF IDR ILS INR ISK JMD JPY KES KGS KHR KMF KRW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK
MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB
RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX UYU UZS VND VUV
WST XAF XCD XCG XOF XPF YER ZAR ZMW BHD JOD KWD OMR TND
"""
CODES = SUPPORTED.lower().split()

# Still on Stripe's page, but ISO 4217 has replaced them, by XCG and STN; both had two decimals.
WITHDRAWN_DECIMALS = {"ang": 2, "std": 2}
ISO_DECIMALS = {
    code: WITHDRAWN_DECIMALS[code]
    if code in WITHDRAWN_DECIMALS
    else iso4217.Currency(code.upper()).exponent
    for code in CODES
}

# The same page, "Zero-decimal currencies", "Three-decimal currencies" and "Special cases", as far
# as Stripe differs from ISO 4217. The ariary is divided into fifths, for which ISO writes 2.
STRIPE_DECIMALS = {**ISO_DECIMALS, "mga": 0, "isk": 2, "ugx": 2}
DISPLAY_DECIMALS = {**ISO_DECIMALS, "mga": 0}
MULTIPLES = {"isk": 100, "ugx": 100} | dict.fromkeys(["bhd", "jod", "kwd", "omr", "tnd"], 10)


def expected_amount(text: str, code: str) -> int | None:
    """Return the amount by decimal arithmetic; None if Stripe's rules refuse it."""
    written = Decimal(text)
    exponent = written.as_tuple().exponent
    amount = int(written.scaleb(STRIPE_DECIMALS[code] or 0))
    fits = exponent == -(DISPLAY_DECIMALS[code] or 0) and amount % MULTIPLES.get(code, 1) == 0
    return amount if fits and amount > 0 else None


@pytest.mark.parametrize("code", CODES)
def test_units_are_from_iso_4217_with_stripes_exceptions(code: str) -> None:
    """Each currency has the decimals of ISO 4217, except where Stripe documents others."""
    currency = money.currency(code)
    assert (currency.code, currency.exponent, currency.display_decimals, currency.multiple) == (
        code,
        STRIPE_DECIMALS[code],
        DISPLAY_DECIMALS[code],
        MULTIPLES.get(code, 1),
    )
    assert money.currency(code.upper()) == currency


def test_no_other_currency_of_iso_4217_is_accepted() -> None:
    """Currencies that Stripe does not support are refused, and there are some."""
    others = {currency.code.lower() for currency in iso4217.Currency} - set(CODES)
    assert {"irr", "cup", "xau", "xts"} < others
    for code in others:
        with pytest.raises(UnknownCurrency):
            money.currency(code)


@pytest.mark.parametrize(
    "code",
    ["", "eu", "euro", " eur", "eur\n", "€", "978", "\u212arw", "bgn", "hrk", "x" * 100_000],
    ids=lambda code: ascii(code)[1:20],
)
def test_other_codes_are_refused_with_what_to_do(code: str) -> None:
    """The message has an example, and does not repeat a malformed code."""
    with pytest.raises(UnknownCurrency, match="such as eur") as refused:
        money.currency(code)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("text", "code", "amount"),
    [
        ("20.00", "eur", 2000),
        ("0.01", "usd", 1),
        ("500", "jpy", 500),
        ("500", "isk", 50000),
        ("1", "ugx", 100),
        ("1.500", "kwd", 1500),
        ("800.45", "twd", 80045),
        ("10.45", "huf", 1045),
        ("7", "mga", 7),
        ("123456789012.34", "idr", 12345678901234),
    ],
)
def test_amounts_are_parsed_and_formatted(text: str, code: str, amount: int) -> None:
    """An amount with the currency's decimals becomes Stripe's unit, and is formatted back."""
    currency = money.currency(code)
    assert parse_amount(text, currency) == amount
    assert format_amount(amount, currency) == f"{text} {code.upper()}"


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("2000", "eur", "write 2000.00, or in Stripe's unit --amount-minor 2000"),
        ("15", "kwd", "write 15.000, or in Stripe's unit --amount-minor 15"),
        ("20.0", "eur", "EUR amounts are written with 2 decimals, such as 20.00"),
        ("20.000", "eur", "EUR amounts are written with 2 decimals, such as 20.00"),
        ("1.50", "kwd", "KWD amounts are written with 3 decimals, such as 20.000"),
        ("500.00", "jpy", "JPY amounts are written with no decimals, such as 2000"),
        ("500.00", "isk", "ISK amounts are written with no decimals, such as 2000"),
        ("1.505", "kwd", "KWD amounts are in thousandths and end in 0: 5000 means 5.000 KWD"),
        ("0.00", "eur", "the amount must be a whole number above 0"),
        ("0", "jpy", "the amount must be a whole number above 0"),
    ],
)
def test_the_message_about_an_amount_says_what_to_write(text: str, code: str, message: str) -> None:
    """Each message about wrong decimals, zero or a wrong multiple contains the remedy."""
    with pytest.raises(WrongAmount) as refused:
        parse_amount(text, money.currency(code))
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", ".", "20.", ".50", "007.00", "00.50", "20,00", "1,000.00", "1.000,00", "1_0.00"],
        *["+20.00", "-20.00", " 20.00", "20.00 ", "20.00\n", "2e1", "2.0e1", "0x14", "20.00 EUR"],
        *[
            "\u0662\u0660.\u0660\u0660",
            "\uff12\uff10.00",
            "2\u0660.00",
            "2\u0660",
            "20\uff0e00",
            "\u00b20.00",
            "20.0\u0660",
            "nan",
            "inf",
            "20.00\0",
            "€20.00",
        ],
        *["9" * 19 + ".00", "9" * 100_000 + ".00", "1." + "0" * 100_000, "9" * 100_000],
    ],
    ids=lambda text: ascii(text)[1:20],
)
@pytest.mark.parametrize("code", ["eur", "jpy", "kwd", "isk"])
def test_anything_but_plain_digits_and_a_point_is_refused(text: str, code: str) -> None:
    """Signs, separators, other digits, leading zeros and huge numbers are refused concisely."""
    with pytest.raises(WrongAmount) as refused:
        parse_amount(text, money.currency(code))
    assert len(str(refused.value)) < 200


NUMBERS = st.from_regex(r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?", fullmatch=True)


@given(code=st.sampled_from(CODES), text=NUMBERS)
@example(code="mga", text="1.00")
@example(code="bhd", text="1.510")
@example(code="bhd", text="1.515")
@example(code="ugx", text="1")
@example(code="eur", text="0.00")
def test_parsing_agrees_with_decimal_arithmetic(code: str, text: str) -> None:
    """Any number in any currency is accepted or refused as the independent rules say."""
    currency = money.currency(code)
    try:
        amount: int | None = parse_amount(text, currency)
    except WrongAmount:
        amount = None
    assert amount == expected_amount(text, code)


@given(code=st.sampled_from(CODES), amount=st.integers(-(10**3), 10**13))
@example(code="isk", amount=550)
@example(code="kwd", amount=10)
def test_every_valid_amount_can_be_formatted_and_parsed(code: str, amount: int) -> None:
    """A valid amount is formatted and parsed to itself, and no other amount is accepted."""
    currency = money.currency(code)
    if amount > 0 and amount % MULTIPLES.get(code, 1) == 0:
        check_amount(amount, currency)
        text, shown_code = format_amount(amount, currency).split()
        assert shown_code == code.upper()
        assert parse_amount(text, currency) == amount
    else:
        with pytest.raises(WrongAmount):
            check_amount(amount, currency)


@given(code=st.sampled_from(CODES), amount=st.integers())
def test_a_formatted_amount_has_the_exact_value(code: str, amount: int) -> None:
    """Any integer is formatted without loss."""
    text, _ = format_amount(amount, money.currency(code)).split()
    assert Fraction(text) * 10 ** (STRIPE_DECIMALS[code] or 0) == amount


@pytest.mark.parametrize(
    ("amount", "code", "shown"),
    [
        (0, "eur", "0.00 EUR"),
        (-5, "usd", "-0.05 USD"),
        (550, "isk", "5.50 ISK"),
        (0, "ugx", "0 UGX"),
    ],
)
def test_invalid_amounts_are_formatted_too(amount: int, code: str, shown: str) -> None:
    """Zero, negative amounts and stray hundredths are formatted, not refused."""
    assert format_amount(amount, money.currency(code)) == shown


def test_the_message_about_isk_explains_its_unit() -> None:
    """An amount that does not end in 00 is probably wrong by a factor of a hundred."""
    with pytest.raises(WrongAmount) as refused:
        check_amount(550, money.currency("isk"))
    assert str(refused.value) == "ISK amounts are in hundredths and end in 00: 50000 means 500 ISK"


@pytest.mark.parametrize("amount", [True, 20.0, "2000", None, Decimal(2000)])
def test_only_ints_are_amounts(amount: object) -> None:
    """Floats, strings, decimals and booleans are a programming error: TypeError."""
    with pytest.raises(TypeError, match="must be an int"):
        check_amount(amount, money.currency("eur"))  # type: ignore[arg-type]  # the wrong type is tested


@pytest.mark.parametrize("code", CODES)
def test_minimum_and_maximum_are_checked_by_stripe(code: str) -> None:
    """The smallest amount of a currency and a thirteen-digit one are both accepted."""
    multiple = MULTIPLES.get(code, 1)
    check_amount(multiple, money.currency(code))
    check_amount(10**12 * multiple, money.currency(code))


ANY_CODE = st.one_of(
    st.sampled_from(CODES),
    st.sampled_from(sorted(currency.code.lower() for currency in iso4217.Currency)),
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=3),
)


@given(code=ANY_CODE, amount=st.integers(-(10**3), 10**13))
@example(code="isk", amount=500)
@example(code="isk", amount=550)
@example(code="irr", amount=100)
@example(code="bhd", amount=1015)
def test_a_request_is_accepted_exactly_if_the_rules_accept_it(code: str, amount: int) -> None:
    """For any code and amount, a request agrees with the independent rules."""
    accepted = code in CODES and amount > 0 and amount % MULTIPLES.get(code, 1) == 0
    try:
        CreatePayment(currency=code, amount=amount)
    except ValidationError:
        assert not accepted
    else:
        assert accepted
