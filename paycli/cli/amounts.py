"""Amounts on the command line, with decimals or in minor units."""

from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from paycli import money
from paycli.cli.output import print_message

if TYPE_CHECKING:
    from paycli.models import CapturePayment, RefundPayment
    from paycli.payments.payments import Payments

PartialRequest = TypeVar("PartialRequest", "CapturePayment", "RefundPayment")

AmountMinor = Annotated[
    int | None, typer.Option(help="Amount in Stripe's minor units instead: 2000 is 20.00 eur.")
]
PartialAmount = Annotated[
    str | None,
    typer.Option(
        help="A part of the amount, with all decimals: 10.99 (eur), 500 (jpy). Default: all."
    ),
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
    return minor_field(name, amount_minor)


def minor_field(name: str, minor: int | None) -> dict[str, int]:
    """Returns the field of a request, none if it was not passed: null is not absence."""
    return {} if minor is None else {name: minor}


def with_partial_amounts(
    request: PartialRequest, payments: "Payments", payment_id: str, **amounts: str | None
) -> PartialRequest:
    """Returns the request with these fields in minor units, by the payment's currency.

    The payment is fetched from Stripe only if there is an amount. Raises BadParameter,
    StripeFailure.
    """
    passed = {name: amount for name, amount in amounts.items() if amount is not None}
    if not passed:
        return request
    for name in passed:
        if name in request.model_fields_set:
            raise typer.BadParameter(_EITHER[name])
    currency = payments.get(payment_id, request.account).currency
    if currency is None:
        raise typer.BadParameter(f"{payment_id} has no amount")
    minor = {name: to_minor_units(amount, currency) for name, amount in passed.items()}
    return request.model_copy(update=minor)
