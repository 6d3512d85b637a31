"""`paycli intent update`."""

from typing import Annotated

import typer

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
    description: Annotated[
        str | None, typer.Option(help="New description; an empty one removes it.")
    ] = None,
    metadata: MetadataChanges = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Update the description or metadata of a payment. Other fields stay unchanged.

    Examples:
        paycli intent update pi_3MtwBwLkdIwHu7ix28a3tqPa --metadata room=14
    """
    fields: dict[str, object] = {"account": account}
    if description is not None:
        fields["description"] = description
    if metadata:
        fields["metadata"] = parse_metadata(metadata)
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import UpdatePayment

    request = UpdatePayment.from_fields(fields)
    key = key_or_new(idempotency_key)
    return result_of_write(bootstrap.use_cases(stripe).payments.update(payment_id, request, key))
