"""`paycli intent capture`."""

from typing import Annotated

import typer

from paycli.cli.amounts import (
    AmountMinor,
    ApplicationFee,
    ApplicationFeeMinor,
    PartialAmount,
    payment_amounts,
)
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
def capture(
    payment_id: PaymentId,
    *,
    amount: PartialAmount = None,
    amount_minor: AmountMinor = None,
    application_fee: ApplicationFee = None,
    application_fee_minor: ApplicationFeeMinor = None,
    final: Annotated[
        bool,
        typer.Option(
            "--final/--not-final",
            help="Whether the rest is released. --not-final keeps it held for further captures, "
            "where multicapture was granted.",
        ),
    ] = True,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Capture a payment that was authorized with capture_method manual.

    A partial capture releases the rest of the authorized amount, unless it is not final.

    Examples:
        paycli intent capture pi_3MtwBwLkdIwHu7ix28a3tqPa --amount 15.00
        paycli intent capture pi_3MtwBwLkdIwHu7ix28a3tqPa --amount 15.00 --application-fee 1.50
        paycli intent capture pi_3MtwBwLkdIwHu7ix28a3tqPa --amount 5.00 --not-final
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CapturePayment

    payments = bootstrap.use_cases(stripe).payments
    amounts = payment_amounts(
        payments,
        payment_id,
        account,
        amount=(amount, amount_minor),
        application_fee=(application_fee, application_fee_minor),
    )
    request = CapturePayment.from_fields({"account": account, "final": final, **amounts})
    key = key_or_new(idempotency_key)
    return result_of_write(payments.capture(payment_id, request, key))
