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
    int | None,
    typer.Option(help="The platform's cut in Stripe's minor units: 200 is 2.00 eur."),
]
EITHER_AMOUNT = "pass either --amount 20.00 or --amount-minor 2000"


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


def amount_field(amount_minor: int | None) -> dict[str, int]:
    """Returns the field `amount` of a request, none if it was not passed: null is not absence."""
    return {} if amount_minor is None else {"amount": amount_minor}


def application_fee_field(application_fee: int | None) -> dict[str, int]:
    """Returns the field `application_fee` of a request, none if it was not passed."""
    return {} if application_fee is None else {"application_fee": application_fee}


def with_partial_amount(
    request: PartialRequest, payments: "Payments", payment_id: str, amount: str | None
) -> PartialRequest:
    """Returns the request with the amount in minor units, by the payment's currency.

    The payment is fetched from Stripe only if there is an amount. Raises BadParameter,
    StripeFailure.
    """
    if amount is None:
        return request
    if request.amount is not None:
        raise typer.BadParameter(EITHER_AMOUNT)
    currency = payments.get(payment_id, request.account).currency
    if currency is None:
        raise typer.BadParameter(f"{payment_id} has no amount")
    return request.model_copy(update={"amount": to_minor_units(amount, currency)})
