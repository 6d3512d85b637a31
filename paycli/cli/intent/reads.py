"""`paycli intent get` and `list`."""

from typing import Annotated

import typer

from paycli.cli import output, writing
from paycli.cli.explained import exits
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings

PaymentId = Annotated[str, typer.Argument(help="pi_… or cs_…")]


@exits(3, 4)
@with_settings
def get(
    payment_id: PaymentId,
    *,
    account: writing.Account = None,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
) -> None:
    """Shows a payment as it is at Stripe now.

    Examples:
        paycli intent get pi_3MtwBwLkdIwHu7ix28a3tqPa -o json
    """
    format_ = output.chosen(how, json)
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel

    wanted = RequestModel.from_fields({"account": account})
    payment = bootstrap.payments(stripe).get(payment_id, wanted.account)
    output.print_one(payment.model_dump(), format_)


@exits(3, 4)
@with_settings
def list_(
    *,
    reference: Annotated[str | None, typer.Option(help="Only those with this reference.")] = None,
    status: Annotated[
        str | None, typer.Option(help="Only those in this status, such as succeeded.")
    ] = None,
    created_from: Annotated[
        str | None, typer.Option(help="Only those made then or later: 2026-01-31T12:00:00Z.")
    ] = None,
    created_to: Annotated[str | None, typer.Option(help="Only those made before.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most, up to 100.")] = 10,
    cursor: Annotated[
        str | None, typer.Option(help="The one that was printed for the next page.")
    ] = None,
    account: writing.Account = None,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
) -> None:
    """Lists payments, newest first. By reference or status Stripe finds them a minute late.

    Examples:
        paycli intent list --reference booking-42
        paycli intent list --status requires_capture --limit 100 -o ndjson
    """
    format_ = output.chosen(how, json)
    from paycli import bootstrap  # the SDK
    from paycli.models import ListPayments

    wanted = ListPayments.from_fields(
        {
            "reference": reference,
            "status": status,
            "created_from": created_from,
            "created_to": created_to,
            "limit": limit,
            "cursor": cursor,
            "account": account,
        }
    )
    page = bootstrap.payments(stripe).list(wanted)
    columns = ("id", "status", "amount", "reference")
    output.print_page([each.model_dump() for each in page.data], columns, page.next_cursor, format_)
