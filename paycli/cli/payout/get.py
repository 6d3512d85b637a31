"""`paycli payout get`."""

from paycli.cli.exit_codes import exits
from paycli.cli.options import Account, PayoutId
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def get(payout_id: PayoutId, *, account: Account = None, stripe: StripeSettings) -> CommandResult:
    """Show a payout in its current state at Stripe.

    Examples:
        paycli payout get po_1MtwBwLkdIwHu7ixUEbTjxN3
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel

    request = RequestModel.from_fields({"account": account})
    payout = bootstrap.use_cases(stripe).payouts.get(payout_id, request.account)
    return CommandResult(payout.model_dump())
