"""`paycli customer delete`."""

from paycli.cli.exit_codes import exits
from paycli.cli.mutations import Live, require_live_flag
from paycli.cli.options import Account, CustomerId
from paycli.cli.output import print_message
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
def delete(
    customer_id: CustomerId,
    *,
    account: Account = None,
    live: Live = False,
    stripe: StripeSettings,
) -> None:
    """Delete a customer: erases its personal data at Stripe and detaches its payment methods.

    This cannot be undone. Payments remain.

    Examples:
        paycli customer delete cus_NffrFeUfNV2Hib
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel

    request = RequestModel.from_fields({"account": account})
    bootstrap.use_cases(stripe).customers.delete(customer_id, request.account)
    print_message(f"deleted {customer_id}")
