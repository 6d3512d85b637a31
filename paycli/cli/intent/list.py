"""`paycli intent list`."""

from typing import Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.options import Account, Cursor, Limit, Reference
from paycli.cli.output import PageOfRows, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def list_(
    *,
    reference: Reference = None,
    status: Annotated[
        str | None, typer.Option(help="Only in this status, such as succeeded.")
    ] = None,
    created_from: Annotated[
        str | None, typer.Option(help="Only created at or after this time: 2026-01-31T12:00:00Z.")
    ] = None,
    created_to: Annotated[str | None, typer.Option(help="Only created before this time.")] = None,
    limit: Limit = 10,
    cursor: Cursor = None,
    account: Account = None,
    stripe: StripeSettings,
) -> PageOfRows:
    """List payments, newest first.

    Stripe's search by reference or status has a delay of about a minute.

    Examples:
        paycli intent list --reference booking-42
        paycli intent list --status requires_capture --limit 100 -o ndjson
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import ListPayments

    request = ListPayments.from_fields(
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
    page = bootstrap.use_cases(stripe).payments.list(request)
    rows = [payment.model_dump() for payment in page.data]
    return PageOfRows(rows, ("id", "status", "amount", "reference"), page.next_cursor)
