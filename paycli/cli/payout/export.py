"""`paycli payout export`."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.new_file import new_file_or_stdout
from paycli.cli.options import Account, PayoutId
from paycli.cli.output import print_message
from paycli.cli.payout.lines import csv_lines, ndjson_lines, problem
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import format_amount
from paycli.printable import printable
from paycli.settings import StripeSettings

if TYPE_CHECKING:
    from paycli.payments.payouts import PayoutCheck


class ExportFormat(StrEnum):
    """The formats of an export."""

    CSV = "csv"
    NDJSON = "ndjson"


@exits({1: "the lines do not sum to the payout"}, 3, 4)
@with_settings
def export(
    payout_id: PayoutId,
    *,
    file: Annotated[
        Path | None,
        typer.Option(help="The file to create. Default: standard output.", dir_okay=False),
    ] = None,
    output: Annotated[
        ExportFormat, typer.Option("--output", "-o", help="Format of the lines.")
    ] = ExportFormat.CSV,
    account: Account = None,
    stripe: StripeSettings,
) -> None:
    """Export every line of an automatic payout, with the booking that it belongs to.

    Amounts are in Stripe's minor units. The nets of all lines sum to the payout; if they do not,
    the last line says so and the exit code is 1. The file appears once it is complete.

    Examples:
        paycli payout export po_1MtwBwLkdIwHu7ixUEbTjxN3 --file payout.csv
        paycli payout export po_1MtwBwLkdIwHu7ixUEbTjxN3 -o ndjson
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel
    from paycli.payments.payouts import PayoutCheck

    request = RequestModel.from_fields({"account": account})
    payouts = bootstrap.use_cases(stripe).payouts
    shown = file is None and sys.stdout.isatty()
    with new_file_or_stdout(file) as out:
        check = PayoutCheck(payouts.get(payout_id, request.account))
        counted = check.count(payouts.every_transaction(payout_id, request.account))
        lines = csv_lines if output is ExportFormat.CSV else ndjson_lines
        for line in lines(counted, check):
            out.write((printable(line, keep="\r\n") if shown else line).encode())
    _report(check)


def _report(check: "PayoutCheck") -> None:
    """Prints the sum. Raises Exit if the lines do not sum to the payout."""
    payout = check.payout
    amount = format_amount(payout.amount, payout.currency)
    if check.holds:
        print_message(f"{check.lines} lines exported, which sum to the payout of {amount}")
        return
    print_message(f"error: {problem(check)}")
    raise typer.Exit(1)
