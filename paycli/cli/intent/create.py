"""`paycli intent create`."""

from typing import Annotated, Literal

import typer

from paycli.cli import output, writing
from paycli.cli.explained import exits
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
def create(
    *,
    currency: Annotated[str, typer.Option(help="Three letters, such as eur.")],
    amount: Annotated[
        str | None,
        typer.Option(help="As people write it, with all decimals: 20.00 (eur), 500 (jpy)."),
    ] = None,
    amount_minor: writing.AmountMinor = None,
    line_item: Annotated[
        list[str] | None,
        typer.Option(
            "--line-item",
            help="QUANTITY:AMOUNT:NAME of what checkout lists, such as 2:10.00:Night; "
            "may be repeated. The amount may then be left out.",
        ),
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
    account: writing.Account = None,
    idempotency_key: writing.Key = None,
    live: writing.Live = False,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
) -> None:
    r"""Creates a payment, or shows the one that the same idempotency key made before.

    Examples:
        paycli intent create --amount 20.00 --currency eur --reference booking-42
        paycli intent create --amount-minor 2000 --currency eur --json
        paycli intent create --amount 500 --currency jpy --reference booking-43 \
          --flow checkout --success-url https://example.com/paid
    """
    format_ = output.chosen(how, json)
    fields: dict[str, object] = {
        "currency": currency,
        "amount": _amount(amount, amount_minor, currency, required=not line_item),
        "line_items": [_line_item(item, currency) for item in line_item] if line_item else None,
        "reference": reference,
        "description": description,
        "customer": customer,
        "receipt_email": receipt_email,
        "metadata": dict(writing.key_and_value(item) for item in metadata or []),
        "capture_method": capture_method,
        "flow": flow,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "account": account,
    }
    writing.check_consent(stripe, live)

    from paycli import bootstrap  # the SDK
    from paycli.models import CreatePayment

    wanted = CreatePayment.from_fields(fields)
    key = writing.given_or_made(idempotency_key)
    writing.show(bootstrap.payments(stripe).create(wanted, key), format_)


def _amount(
    amount: str | None, amount_minor: int | None, currency: str, *, required: bool
) -> int | None:
    given = (amount is not None) + (amount_minor is not None)
    if given > 1 or given < required:
        raise typer.BadParameter("give either --amount 20.00 or --amount-minor 2000")
    return amount_minor if amount is None else writing.in_stripes_unit(amount, currency)


def _line_item(item: str, currency: str) -> dict[str, object]:
    quantity, _, rest = item.partition(":")
    amount, _, name = rest.partition(":")
    if not quantity.isdecimal() or not quantity.isascii() or not name:
        raise typer.BadParameter(f"--line-item takes QUANTITY:AMOUNT:NAME, not {item!r}")
    minor = writing.in_stripes_unit(amount, currency)
    return {"name": name, "quantity": int(quantity), "amount": minor}
