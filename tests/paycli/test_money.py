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
STRIPES = """
USD AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF
CHF CLP CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL
HTG HUF IDR ILS INR ISK JMD JPY KES KGS KHR KMF KRW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK
MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB
RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX UYU UZS VND VUV
WST XAF XCD XCG XOF XPF YER ZAR ZMW BHD JOD KWD OMR TND
"""
CODES = STRIPES.lower().split()

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
STRIPES_DECIMALS = {**ISO_DECIMALS, "mga": 0, "isk": 2, "ugx": 2}
WRITTEN_DECIMALS = {**ISO_DECIMALS, "mga": 0}
MULTIPLES = {"isk": 100, "ugx": 100} | dict.fromkeys(["bhd", "jod", "kwd", "omr", "tnd"], 10)


def expected_amount(text: str, code: str) -> int | None:
    """The amount in Stripe's unit by decimal arithmetic; None if Stripe's rules refuse it."""
    written = Decimal(text)
    exponent = written.as_tuple().exponent
    amount = int(written.scaleb(STRIPES_DECIMALS[code] or 0))
    fits = exponent == -(WRITTEN_DECIMALS[code] or 0) and amount % MULTIPLES.get(code, 1) == 0
    return amount if fits and amount > 0 else None


@pytest.mark.parametrize("code", CODES)
def test_units_are_those_of_iso_4217_with_stripes_exceptions(code: str) -> None:
    """Each currency of Stripe's page has ISO's decimals, except where the page says otherwise."""
    found = money.currency(code)
    assert (found.code, found.exponent, found.display_decimals, found.multiple) == (
        code,
        STRIPES_DECIMALS[code],
        WRITTEN_DECIMALS[code],
        MULTIPLES.get(code, 1),
    )
    assert money.currency(code.upper()) == found


def test_no_other_currency_of_iso_4217_is_taken() -> None:
    """What ISO 4217 lists and Stripe does not is refused, and there are such currencies."""
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
    """A code that is none gets one sentence with an example, and is not repeated in it."""
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
def test_amounts_are_read_and_shown_as_people_write_them(text: str, code: str, amount: int) -> None:
    """An amount with exactly its currency's decimals becomes Stripe's unit, and comes back."""
    currency = money.currency(code)
    assert parse_amount(text, currency) == amount
    assert format_amount(amount, currency) == f"{text} {code.upper()}"


@pytest.mark.parametrize(
    ("text", "code", "says"),
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
def test_a_refused_amount_says_what_to_write(text: str, code: str, says: str) -> None:
    """Too few or too many decimals, nothing at all, and Stripe's rule of tens each say the cure."""
    with pytest.raises(WrongAmount) as refused:
        parse_amount(text, money.currency(code))
    assert says in str(refused.value)


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
    """Signs, separators, other digits, zeros in front and endless numbers are refused, briefly."""
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
def test_what_is_read_is_what_decimal_arithmetic_says(code: str, text: str) -> None:
    """Any plain number in any currency is taken or refused, and valued, as by the outside rules."""
    currency = money.currency(code)
    try:
        amount: int | None = parse_amount(text, currency)
    except WrongAmount:
        amount = None
    assert amount == expected_amount(text, code)


@given(code=st.sampled_from(CODES), amount=st.integers(-(10**3), 10**13))
@example(code="isk", amount=550)
@example(code="kwd", amount=10)
def test_every_amount_that_stripe_takes_comes_back_from_its_text(code: str, amount: int) -> None:
    """An amount is taken by the outside rules alone, and then its text reads back as itself."""
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
def test_what_is_shown_is_worth_what_it_stands_for(code: str, amount: int) -> None:
    """Any whole number, refundable or not, is shown at its exact value: nothing is cut off."""
    text, _ = format_amount(amount, money.currency(code)).split()
    assert Fraction(text) * 10 ** (STRIPES_DECIMALS[code] or 0) == amount


@pytest.mark.parametrize(
    ("amount", "code", "shown"),
    [
        (0, "eur", "0.00 EUR"),
        (-5, "usd", "-0.05 USD"),
        (550, "isk", "5.50 ISK"),
        (0, "ugx", "0 UGX"),
    ],
)
def test_amounts_nobody_can_pay_are_shown_too(amount: int, code: str, shown: str) -> None:
    """Nothing received yet, a negative payout and stray hundredths are shown, not refused."""
    assert format_amount(amount, money.currency(code)) == shown


def test_isk_and_ugx_in_hundredths_say_so() -> None:
    """Whoever sends 500 for 500 ISK is probably wrong by a hundred when it does not end in 00."""
    with pytest.raises(WrongAmount) as refused:
        check_amount(550, money.currency("isk"))
    assert str(refused.value) == "ISK amounts are in hundredths and end in 00: 50000 means 500 ISK"


@pytest.mark.parametrize("amount", [True, 20.0, "2000", None, Decimal(2000)])
def test_only_ints_are_amounts(amount: object) -> None:
    """Floats, texts, decimals and booleans are a mistake in the program, not a wrong amount."""
    with pytest.raises(TypeError):
        check_amount(amount, money.currency("eur"))  # type: ignore[arg-type]  # what it is about


@pytest.mark.parametrize("code", CODES)
def test_stripe_alone_sets_minimum_and_maximum(code: str) -> None:
    """The smallest amount of a currency and a thirteen-digit one both pass."""
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
def test_a_request_is_taken_where_stripes_rules_take_it(code: str, amount: int) -> None:
    """For any code and amount: what we accept the outside rules accept, and nothing else."""
    taken = code in CODES and amount > 0 and amount % MULTIPLES.get(code, 1) == 0
    try:
        CreatePayment(currency=code, amount=amount)
    except ValidationError:
        assert not taken
    else:
        assert taken
