"""`paycli refund`: refunds at Stripe; `paycli intent refund` creates them."""

from typing import Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.help import PaycliTyper
from paycli.cli.options import Account, Cursor, Limit, PaymentId
from paycli.cli.output import CommandResult, PageOfRows, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings

app = PaycliTyper()


@exits(3, 4)
@with_settings
@prints_result
def get(
    refund_id: Annotated[str, typer.Argument(help="The refund: re_…")],
    *,
    account: Account = None,
    stripe: StripeSettings,
) -> CommandResult:
    """Show a refund in its current state at Stripe.

    Examples:
        paycli refund get re_1Nispe2eZvKYlo2Cd31jOCgZ
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel

    request = RequestModel.from_fields({"account": account})
    refund = bootstrap.use_cases(stripe).refunds.get(refund_id, request.account)
    return CommandResult(refund.model_dump())


@exits(3, 4)
@with_settings
@prints_result
def list_(
    payment_id: PaymentId,
    *,
    limit: Limit = 10,
    cursor: Cursor = None,
    account: Account = None,
    stripe: StripeSettings,
) -> PageOfRows:
    """List the refunds of a payment, newest first.

    Examples:
        paycli refund list pi_3MtwBwLkdIwHu7ix28a3tqPa
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import ListRefunds

    request = ListRefunds.from_fields({"limit": limit, "cursor": cursor, "account": account})
    page = bootstrap.use_cases(stripe).refunds.list(payment_id, request)
    rows = [refund.model_dump() for refund in page.data]
    return PageOfRows(rows, ("id", "status", "amount", "reason"), page.next_cursor)


app.add(get)
app.add(list_, "list")
