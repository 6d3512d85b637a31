"""`paycli intent get`."""

from paycli.cli.exit_codes import exits
from paycli.cli.options import Account, PaymentId
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def get(payment_id: PaymentId, *, account: Account = None, stripe: StripeSettings) -> CommandResult:
    """Show a payment in its current state at Stripe.

    Examples:
        paycli intent get pi_3MtwBwLkdIwHu7ix28a3tqPa -o json
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel

    request = RequestModel.from_fields({"account": account})
    payment = bootstrap.use_cases(stripe).payments.get(payment_id, request.account)
    return CommandResult(payment.model_dump())
