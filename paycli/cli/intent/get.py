"""`paycli intent get`."""

from typing import Annotated, Literal

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.options import Account, PaymentId
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def get(
    payment_id: PaymentId,
    *,
    include: Annotated[
        Literal["charge"] | None,
        typer.Option(help="Also show the charge: card, receipt, fee, when it is available."),
    ] = None,
    account: Account = None,
    stripe: StripeSettings,
) -> CommandResult:
    """Show a payment in its current state at Stripe.

    Examples:
        paycli intent get pi_3MtwBwLkdIwHu7ix28a3tqPa -o json
        paycli intent get pi_3MtwBwLkdIwHu7ix28a3tqPa --include charge
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import GetPayment

    request = GetPayment.from_fields({"account": account, "include": include})
    payments = bootstrap.use_cases(stripe).payments
    payment = payments.get(payment_id, request.account, request.include)
    return CommandResult(payment.model_dump())
