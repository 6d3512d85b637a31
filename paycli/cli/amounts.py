"""Amounts on the command line, with decimals or in minor units."""

from typing import TYPE_CHECKING, Annotated

import typer

from paycli import money
from paycli.cli.output import print_message

if TYPE_CHECKING:
    from paycli.payments.payments import Payments

AmountMinor = Annotated[
    int | None, typer.Option(help="Amount in Stripe's minor units instead: 2000 is 20.00 eur.")
]
PartialAmount = Annotated[
    str | None,
    typer.Option(
        help="A part of the amount, with all decimals: 10.99 (eur), 500 (jpy). Default: all."
    ),
]
NewAmount = Annotated[
    str | None, typer.Option(help="New amount, with all decimals: 25.00 (eur), 500 (jpy).")
]
ApplicationFee = Annotated[
    str | None,
    typer.Option(help="The platform's cut, with all decimals: 8.00 (eur), 500 (jpy)."),
]
ApplicationFeeMinor = Annotated[
    int | None,
    typer.Option(help="The platform's cut in Stripe's minor units instead: 800 is 8.00 eur."),
]
_EITHER = {
    "amount": "pass either --amount 20.00 or --amount-minor 2000",
    "application_fee": "pass either --application-fee 8.00 or --application-fee-minor 800",
}
"""The advice about two options for one field of a request."""


def to_minor_units(amount: str, currency_code: str) -> int:
    """Returns an amount such as 20.00 in Stripe's minor units, and prints both.

    Raises BadParameter.
    """
    try:
        currency = money.currency(currency_code)
        minor = money.parse_amount(amount, currency)
    except (money.UnknownCurrency, money.WrongAmount) as error:
        raise typer.BadParameter(str(error)) from error
    print_message(f"{money.format_amount(minor, currency)} is {minor} in Stripe's unit")
    return minor


def amount_field(
    name: str, amount: str | None, amount_minor: int | None, currency: str, *, required: bool
) -> dict[str, int]:
    """Returns the field of a request that one of two options gives, none if neither was passed.

    Raises BadParameter if both were passed, or neither of those for a required field.
    """
    passed = (amount is not None) + (amount_minor is not None)
    if passed > 1 or passed < required:
        raise typer.BadParameter(_EITHER[name])
    if amount is not None:
        return {name: to_minor_units(amount, currency)}
    # Null is not absence.
    return {} if amount_minor is None else {name: amount_minor}


def payment_amounts(
    payments: "Payments",
    payment_id: str,
    account: str | None,
    **options: tuple[str | None, int | None],
) -> dict[str, int]:
    """Returns the amounts of a request about a payment, given with decimals or in minor units.

    The payment, which has the currency, is fetched from Stripe only if there are decimals. Raises
    BadParameter, FieldsInvalid, StripeFailure.
    """
    from paycli.models import RequestModel

    if any(amount is not None and minor is not None for amount, minor in options.values()):
        names = [name for name, values in options.items() if None not in values]
        raise typer.BadParameter(_EITHER[names[0]])
    fields = {name: minor for name, (_, minor) in options.items() if minor is not None}
    decimals = {name: amount for name, (amount, _) in options.items() if amount is not None}
    if decimals:
        valid_account = RequestModel.from_fields({"account": account}).account
        currency = payments.get(payment_id, valid_account).currency
        if currency is None:
            raise typer.BadParameter(f"{payment_id} has no amount")
        fields |= {name: to_minor_units(amount, currency) for name, amount in decimals.items()}
    return fields


def require_amount(amount: str | None, amount_minor: int | None) -> None:
    """Raises BadParameter unless one of the two options was passed."""
    if amount is None and amount_minor is None:
        raise typer.BadParameter(_EITHER["amount"])
