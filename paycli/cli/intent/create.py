"""`paycli intent create`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from paycli.cli.amounts import (
    AmountMinor,
    ApplicationFee,
    ApplicationFeeMinor,
    amount_field,
    to_minor_units,
)
from paycli.cli.exit_codes import exits
from paycli.cli.mutations import (
    IdempotencyKey,
    Live,
    Metadata,
    key_or_new,
    parse_metadata,
    require_live_flag,
    result_of_write,
)
from paycli.cli.options import Account
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.personal_data import read_personal_data
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


class HoldFeature(StrEnum):
    """What can be requested for a hold."""

    extended = "extended"
    incremental = "incremental"
    overcapture = "overcapture"
    multicapture = "multicapture"


@exits(3, 4)
@with_settings
@prints_result
def create(
    *,
    currency: Annotated[str, typer.Option(help="Three-letter code, such as eur.")],
    amount: Annotated[
        str | None,
        typer.Option(help="Amount with all its decimals: 20.00 (eur), 500 (jpy)."),
    ] = None,
    amount_minor: AmountMinor = None,
    line_item: Annotated[
        list[str] | None,
        typer.Option(
            "--line-item",
            help="Checkout line item, QUANTITY:AMOUNT:NAME, such as 2:10.00:Night; repeatable. "
            "The amount is then optional.",
        ),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Your own id, such as a booking number.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="Shown in the Dashboard.")] = None,
    customer: Annotated[str | None, typer.Option(help="An existing customer, cus_….")] = None,
    payment_method: Annotated[
        str | None, typer.Option(help="A saved payment method of the customer, pm_….")
    ] = None,
    off_session: Annotated[
        bool,
        typer.Option("--off-session", help="Charge the payment method now, without the customer."),
    ] = False,
    save_payment_method: Annotated[
        Literal["off_session", "on_session"] | None,
        typer.Option(help="Save what the customer pays with, for later payments of this kind."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help='JSON file with the address for Stripe\'s receipt, {"receipt_email": '
            '"guest@example.com"}; - for standard input.',
            show_default=False,
        ),
    ] = None,
    application_fee: ApplicationFee = None,
    application_fee_minor: ApplicationFeeMinor = None,
    destination: Annotated[
        str | None, typer.Option(help="Connected account that receives the rest, acct_….")
    ] = None,
    on_behalf_of: Annotated[
        str | None, typer.Option(help="Connected account of settlement, acct_….")
    ] = None,
    transfer_group: Annotated[
        str | None, typer.Option(help="Label of the payment and its transfers.")
    ] = None,
    metadata: Metadata = None,
    capture_method: Annotated[
        Literal["automatic", "manual"],
        typer.Option(help="manual only authorizes the amount, for a later capture."),
    ] = "automatic",
    hold: Annotated[
        list[HoldFeature] | None,
        typer.Option(
            help="Request this for the hold, with --capture-method manual; repeatable. The payment "
            "shows what was granted."
        ),
    ] = None,
    statement_descriptor_suffix: Annotated[
        str | None, typer.Option(help="End of the text on the card statement, up to 22 characters.")
    ] = None,
    flow: Annotated[
        Literal["payment_intent", "checkout"],
        typer.Option(help="checkout returns a payment_url, where the customer pays."),
    ] = "payment_intent",
    success_url: Annotated[
        str | None, typer.Option(help="Where checkout redirects after payment.")
    ] = None,
    cancel_url: Annotated[
        str | None, typer.Option(help="Where checkout redirects if the customer goes back.")
    ] = None,
    ui: Annotated[
        Literal["hosted", "embedded"] | None,
        typer.Option(
            help="Where the checkout page is: hosted by Stripe (default), or embedded in yours."
        ),
    ] = None,
    return_url: Annotated[
        str | None, typer.Option(help="Where embedded checkout redirects, in place of success-url.")
    ] = None,
    expires_at: Annotated[
        str | None,
        typer.Option(help="When the checkout page expires, 2026-01-31T18:00:00Z: within a day."),
    ] = None,
    locale: Annotated[
        str | None, typer.Option(help="Language of the checkout page: de, fr, pt-BR, ….")
    ] = None,
    submit_type: Annotated[
        Literal["pay", "book", "donate", "auto"] | None,
        typer.Option(help="Text of the button on the checkout page."),
    ] = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    r"""Create a payment, or show the one that the idempotency key created in the account.

    Examples:
        paycli intent create --amount 20.00 --currency eur --reference booking-42
        paycli intent create --amount-minor 2000 --currency eur --json
        paycli intent create --amount 500 --currency jpy --reference booking-43 \
          --flow checkout --success-url https://example.com/paid
        paycli intent create --amount 200.00 --currency eur --reference booking-44 \
          --capture-method manual --hold extended --hold incremental
        paycli intent create --amount 80.00 --currency eur --reference booking-42 \
          --customer cus_NffrFeUfNV2Hib --payment-method pm_1MtwBwLkdIwHu7ixMQxYzAbC --off-session
        echo '{"receipt_email": "guest@example.com"}' | paycli intent create --file - \
          --amount 20.00 --currency eur
    """
    fields: dict[str, object] = {
        "currency": currency,
        **amount_field("amount", amount, amount_minor, currency, required=not line_item),
        "line_items": [_line_item(item, currency) for item in line_item] if line_item else None,
        "reference": reference,
        "description": description,
        "customer": customer,
        **amount_field(
            "application_fee", application_fee, application_fee_minor, currency, required=False
        ),
        "destination": destination,
        "on_behalf_of": on_behalf_of,
        "transfer_group": transfer_group,
        "payment_method": payment_method,
        "off_session": off_session,
        "save_payment_method": save_payment_method,
        **read_personal_data(file, ("receipt_email",)),
        "metadata": parse_metadata(metadata),
        "capture_method": capture_method,
        "hold": {str(feature): True for feature in hold} if hold else None,
        "statement_descriptor_suffix": statement_descriptor_suffix,
        "flow": flow,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "ui": ui,
        "return_url": return_url,
        "expires_at": expires_at,
        "locale": locale,
        "submit_type": submit_type,
        "account": account,
    }
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CreatePayment

    request = CreatePayment.from_fields(fields)
    key = key_or_new(idempotency_key)
    return result_of_write(bootstrap.use_cases(stripe).payments.create(request, key))


def _line_item(item: str, currency: str) -> dict[str, object]:
    quantity, _, rest = item.partition(":")
    amount, _, name = rest.partition(":")
    if not quantity.isdecimal() or not quantity.isascii() or not name:
        raise typer.BadParameter(f"--line-item takes QUANTITY:AMOUNT:NAME, not {item!r}")
    minor = to_minor_units(amount, currency)
    return {"name": name, "quantity": int(quantity), "amount": minor}
