"""`paycli payout list`."""

from typing import Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.options import Account, Cursor, Limit
from paycli.cli.output import PageOfRows, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def list_(
    *,
    status: Annotated[str | None, typer.Option(help="Only in this status, such as paid.")] = None,
    created_from: Annotated[
        str | None, typer.Option(help="Only created at or after this time: 2026-01-31T12:00:00Z.")
    ] = None,
    created_to: Annotated[str | None, typer.Option(help="Only created before this time.")] = None,
    limit: Limit = 10,
    cursor: Cursor = None,
    account: Account = None,
    stripe: StripeSettings,
) -> PageOfRows:
    """List payouts, newest first.

    Examples:
        paycli payout list --status paid
        paycli payout list --created-from 2026-01-01T00:00:00Z --limit 100 -o ndjson
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import ListPayouts

    request = ListPayouts.from_fields(
        {
            "status": status,
            "created_from": created_from,
            "created_to": created_to,
            "limit": limit,
            "cursor": cursor,
            "account": account,
        }
    )
    page = bootstrap.use_cases(stripe).payouts.list(request)
    rows = [payout.model_dump() for payout in page.data]
    columns = ("id", "status", "amount", "arrival_date")
    return PageOfRows(rows, columns, page.next_cursor)
