"""`paycli dispute list`."""

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
    payment: Annotated[str | None, typer.Option(help="Only of this payment: pi_… or cs_….")] = None,
    status: Annotated[
        str | None, typer.Option(help="Only in this status, such as needs_response.")
    ] = None,
    created_from: Annotated[
        str | None, typer.Option(help="Only opened at or after this time: 2026-01-31T12:00:00Z.")
    ] = None,
    created_to: Annotated[str | None, typer.Option(help="Only opened before this time.")] = None,
    limit: Limit = 10,
    cursor: Cursor = None,
    account: Account = None,
    stripe: StripeSettings,
) -> PageOfRows:
    """List disputes, newest first.

    Examples:
        paycli dispute list --status needs_response
        paycli dispute list --payment pi_3MtwBwLkdIwHu7ix28a3tqPa
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import ListDisputes

    request = ListDisputes.from_fields(
        {
            "payment": payment,
            "status": status,
            "created_from": created_from,
            "created_to": created_to,
            "limit": limit,
            "cursor": cursor,
            "account": account,
        }
    )
    page = bootstrap.use_cases(stripe).disputes.list(request)
    rows = [dispute.model_dump(mode="json") for dispute in page.data]
    columns = ("id", "status", "amount", "reason", "evidence_due_by", "payment_id")
    return PageOfRows(rows, columns, page.next_cursor)
