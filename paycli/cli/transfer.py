"""`paycli transfer`: shares of payments for connected accounts."""

from typing import Annotated

import typer

from paycli.cli.amounts import (
    AmountMinor,
    PartialAmount,
    amount_field,
    payment_amounts,
    require_amount,
)
from paycli.cli.exit_codes import exits
from paycli.cli.help import PaycliTyper
from paycli.cli.mutations import (
    IdempotencyKey,
    Live,
    Metadata,
    key_or_new,
    parse_metadata,
    require_live_flag,
    result_of_write,
)
from paycli.cli.options import Account, Cursor, Limit, PaymentId
from paycli.cli.output import CommandResult, PageOfRows, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings

app = PaycliTyper()


@exits(3, 4)
@with_settings
@prints_result
def create(
    payment_id: PaymentId,
    *,
    destination: Annotated[
        str, typer.Option(help="The connected account that receives it: acct_…")
    ],
    amount: Annotated[
        str | None, typer.Option(help="The amount, with all decimals: 18.00 (eur), 500 (jpy).")
    ] = None,
    amount_minor: AmountMinor = None,
    metadata: Metadata = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    r"""Transfer a part of a payment to a connected account.

    Examples:
        paycli transfer create pi_3MtwBwLkdIwHu7ix28a3tqPa --destination acct_1032D82eZvKYlo2C \
          --amount 18.00
    """
    require_amount(amount, amount_minor)
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CreateTransfer

    use_cases = bootstrap.use_cases(stripe)
    part = payment_amounts(use_cases.payments, payment_id, account, amount=(amount, amount_minor))
    request = CreateTransfer.from_fields(
        {
            "account": account,
            "destination": destination,
            "metadata": parse_metadata(metadata),
            **part,
        }
    )
    key = key_or_new(idempotency_key)
    return result_of_write(use_cases.transfers.create(payment_id, request, key))


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
    """List the transfers of a payment, newest first.

    Examples:
        paycli transfer list pi_3MtwBwLkdIwHu7ix28a3tqPa
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import ListTransfers

    request = ListTransfers.from_fields({"limit": limit, "cursor": cursor, "account": account})
    page = bootstrap.use_cases(stripe).transfers.list(payment_id, request)
    rows = [transfer.model_dump() for transfer in page.data]
    columns = ("id", "amount", "amount_reversed", "destination", "created_at")
    return PageOfRows(rows, columns, page.next_cursor)


@exits(3, 4)
@with_settings
@prints_result
def reverse(
    transfer_id: Annotated[str, typer.Argument(help="The transfer: tr_…")],
    *,
    amount: PartialAmount = None,
    amount_minor: AmountMinor = None,
    metadata: Metadata = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Take a transfer back from the connected account, in full or in part.

    Examples:
        paycli transfer reverse tr_1MiN3gLkdIwHu7ixNCZvFdgA --amount 5.00
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel, ReverseTransfer

    transfers = bootstrap.use_cases(stripe).transfers
    account = RequestModel.from_fields({"account": account}).account
    currency = "" if amount is None else transfers.currency(transfer_id, account)
    request = ReverseTransfer.from_fields(
        {
            "account": account,
            "metadata": parse_metadata(metadata),
            **amount_field("amount", amount, amount_minor, currency, required=False),
        }
    )
    key = key_or_new(idempotency_key)
    return result_of_write(transfers.reverse(transfer_id, request, key))


app.add(create)
app.add(list_, "list")
app.add(reverse)
