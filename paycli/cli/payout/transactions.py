"""`paycli payout transactions`."""

from paycli.cli.exit_codes import exits
from paycli.cli.options import Account, Cursor, Limit, PayoutId
from paycli.cli.output import PageOfRows, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def transactions(
    payout_id: PayoutId,
    *,
    limit: Limit = 10,
    cursor: Cursor = None,
    account: Account = None,
    stripe: StripeSettings,
) -> PageOfRows:
    """List the lines of an automatic payout, newest first.

    The table shows the reference of a booking, or the payment's id where it has none.

    Examples:
        paycli payout transactions po_1MtwBwLkdIwHu7ixUEbTjxN3 --limit 100
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import ListPayoutTransactions

    request = ListPayoutTransactions.from_fields(
        {"limit": limit, "cursor": cursor, "account": account}
    )
    page = bootstrap.use_cases(stripe).payouts.transactions(payout_id, request)
    rows = [line.model_dump() for line in page.data]
    # One column for both, so that a line of the table fits 80 columns.
    shown = [{**row, "booking": row["reference"] or row["payment_id"]} for row in rows]
    columns = ("type", "booking", "amount", "fee", "net")
    return PageOfRows(rows, columns, page.next_cursor, shown)
