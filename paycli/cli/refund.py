"""`paycli refund`: refunds at Stripe; `paycli intent refund` makes them."""

from typing import Annotated

import typer

from paycli.cli import output, writing
from paycli.cli.explained import Application, exits
from paycli.cli.intent.reads import PaymentId
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings

app = Application()


@exits(3, 4)
@with_settings
def get(
    refund_id: Annotated[str, typer.Argument(help="re_…")],
    *,
    account: writing.Account = None,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
) -> None:
    """Shows a refund as it is at Stripe now.

    Examples:
        paycli refund get re_1Nispe2eZvKYlo2Cd31jOCgZ
    """
    format_ = output.chosen(how, json)
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel

    wanted = RequestModel.from_fields({"account": account})
    refund = bootstrap.refunds(stripe).get(refund_id, wanted.account)
    output.print_one(refund.model_dump(), format_)


@exits(3, 4)
@with_settings
def list_(
    payment_id: PaymentId,
    *,
    limit: Annotated[int, typer.Option(help="How many at most, up to 100.")] = 10,
    cursor: Annotated[
        str | None, typer.Option(help="The one that was printed for the next page.")
    ] = None,
    account: writing.Account = None,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
) -> None:
    """Lists the refunds of a payment, newest first.

    Examples:
        paycli refund list pi_3MtwBwLkdIwHu7ix28a3tqPa
    """
    format_ = output.chosen(how, json)
    from paycli import bootstrap  # the SDK
    from paycli.models import ListRefunds

    wanted = ListRefunds.from_fields({"limit": limit, "cursor": cursor, "account": account})
    page = bootstrap.refunds(stripe).list(payment_id, wanted)
    columns = ("id", "status", "amount", "reason")
    output.print_page([each.model_dump() for each in page.data], columns, page.next_cursor, format_)


app.add(get)
app.add(list_, "list")
