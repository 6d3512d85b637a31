"""`paycli intent update`."""

from typing import Annotated

import typer

from paycli.cli.amounts import AmountMinor, NewAmount, payment_amounts
from paycli.cli.exit_codes import exits
from paycli.cli.mutations import (
    IdempotencyKey,
    Live,
    MetadataChanges,
    key_or_new,
    parse_metadata,
    require_live_flag,
    result_of_write,
)
from paycli.cli.options import Account, PaymentId
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def update(
    payment_id: PaymentId,
    *,
    amount: NewAmount = None,
    amount_minor: AmountMinor = None,
    description: Annotated[
        str | None, typer.Option(help="New description; an empty one removes it.")
    ] = None,
    metadata: MetadataChanges = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Update the amount, description or metadata of a payment. Other fields stay unchanged.

    The amount can be changed until the customer pays.

    Examples:
        paycli intent update pi_3MtwBwLkdIwHu7ix28a3tqPa --metadata room=14
        paycli intent update pi_3MtwBwLkdIwHu7ix28a3tqPa --amount 25.00
    """
    fields: dict[str, object] = {"account": account}
    if description is not None:
        fields["description"] = description
    if metadata:
        fields["metadata"] = parse_metadata(metadata)
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import UpdatePayment

    payments = bootstrap.use_cases(stripe).payments
    fields |= payment_amounts(payments, payment_id, account, amount=(amount, amount_minor))
    request = UpdatePayment.from_fields(fields)
    key = key_or_new(idempotency_key)
    return result_of_write(payments.update(payment_id, request, key))
