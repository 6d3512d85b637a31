"""`paycli customer get`."""

from paycli.cli.exit_codes import exits
from paycli.cli.options import Account, CustomerId
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def get(
    customer_id: CustomerId, *, account: Account = None, stripe: StripeSettings
) -> CommandResult:
    """Show a customer in its current state at Stripe.

    Examples:
        paycli customer get cus_NffrFeUfNV2Hib -o json
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel

    request = RequestModel.from_fields({"account": account})
    customer = bootstrap.use_cases(stripe).customers.get(customer_id, request.account)
    return CommandResult(customer.model_dump())
