"""`paycli intent`: payments at Stripe, through the same use cases as the daemon's routes."""

import uuid
from typing import Annotated, Literal

import typer

from paycli import money
from paycli.cli import output
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings

app = typer.Typer(no_args_is_help=True)


@app.command()
@with_settings
def create(
    *,
    currency: Annotated[str, typer.Option(help="Three letters, such as eur.")],
    amount: Annotated[
        str | None,
        typer.Option(help="As people write it, with all decimals: 20.00 (eur), 500 (jpy)."),
    ] = None,
    amount_minor: Annotated[
        int | None, typer.Option(help="In Stripe's unit instead: 2000 is 20.00 eur.")
    ] = None,
    reference: Annotated[str | None, typer.Option(help="Your own id, such as a booking's.")] = None,
    description: Annotated[str | None, typer.Option(help="Shown in the Dashboard.")] = None,
    customer: Annotated[str | None, typer.Option(help="cus_… of an existing customer.")] = None,
    receipt_email: Annotated[str | None, typer.Option(help="Where Stripe sends a receipt.")] = None,
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", help="KEY=VALUE; may be repeated.")
    ] = None,
    capture_method: Annotated[
        Literal["automatic", "manual"], typer.Option(help="manual only reserves the money.")
    ] = "automatic",
    flow: Annotated[
        Literal["payment_intent", "checkout"],
        typer.Option(help="checkout gives an address where the customer pays."),
    ] = "payment_intent",
    success_url: Annotated[str | None, typer.Option(help="Where checkout leads when paid.")] = None,
    cancel_url: Annotated[str | None, typer.Option(help="Where checkout leads else.")] = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="The same key never makes two payments; made if not given.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Needed with a live key.")] = False,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
) -> None:
    """Creates a payment, or shows the one that the same idempotency key made before.

    Example: paycli intent create --amount 20.00 --currency eur --reference booking-42
    """
    format_ = output.chosen(how, json)
    fields: dict[str, object] = {
        "currency": currency,
        "amount": _amount_in_stripes_unit(amount, amount_minor, currency),
        "reference": reference,
        "description": description,
        "customer": customer,
        "receipt_email": receipt_email,
        "metadata": dict(_key_and_value(item) for item in metadata or []),
        "capture_method": capture_method,
        "flow": flow,
        "success_url": success_url,
        "cancel_url": cancel_url,
    }
    if stripe.livemode and not live:
        raise typer.BadParameter("this is a live key: real money. Add --live if you mean it")

    from paycli import bootstrap  # the SDK
    from paycli.models import CreatePayment

    wanted = CreatePayment.from_fields(fields)
    if idempotency_key is None:
        idempotency_key = f"paycli-{uuid.uuid4()}"
        output.say(f"idempotency key: {idempotency_key} (give it again to repeat this safely)")
    created = bootstrap.payments(stripe).create(wanted, idempotency_key)
    if created.replayed:
        output.say("this key was used before: this is the payment that it made, as it was then")
    output.print_one(created.payment.model_dump(), format_)


@app.command()
@with_settings
def get(
    payment_id: Annotated[str, typer.Argument(help="pi_… or cs_…")],
    *,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
) -> None:
    """Shows a payment as it is at Stripe now.

    Example: paycli intent get pi_3MtwBwLkdIwHu7ix28a3tqPa -o json
    """
    format_ = output.chosen(how, json)
    from paycli import bootstrap  # the SDK

    payment = bootstrap.payments(stripe).get(payment_id)
    output.print_one(payment.model_dump(), format_)


def _amount_in_stripes_unit(amount: str | None, amount_minor: int | None, currency: str) -> int:
    if (amount is None) == (amount_minor is None):
        raise typer.BadParameter("give either --amount 20.00 or --amount-minor 2000")
    if amount is None:
        assert amount_minor is not None
        return amount_minor
    try:
        return money.parse_amount(amount, money.currency(currency))
    except (money.UnknownCurrency, money.WrongAmount) as error:
        raise typer.BadParameter(str(error)) from error


def _key_and_value(item: str) -> tuple[str, str]:
    key, equals, value = item.partition("=")
    if not equals:
        raise typer.BadParameter(f"--metadata takes KEY=VALUE, not {item!r}")
    return key, value
