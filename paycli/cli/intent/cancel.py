"""`paycli intent cancel`."""

from typing import Annotated, Literal

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.mutations import (
    IdempotencyKey,
    Live,
    key_or_new,
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
def cancel(
    payment_id: PaymentId,
    *,
    reason: Annotated[
        Literal["duplicate", "fraudulent", "requested_by_customer", "abandoned"] | None,
        typer.Option(help="Reason, stored with the payment."),
    ] = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Cancel a payment that has not succeeded, or expire an open Checkout Session.

    Examples:
        paycli intent cancel pi_3MtwBwLkdIwHu7ix28a3tqPa --reason abandoned
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CancelPayment

    request = CancelPayment.from_fields({"account": account, "reason": reason})
    key = key_or_new(idempotency_key)
    return result_of_write(bootstrap.use_cases(stripe).payments.cancel(payment_id, request, key))
