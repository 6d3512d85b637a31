"""`paycli customer detach`."""

from typing import Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.mutations import Live, require_live_flag
from paycli.cli.options import Account, CustomerId
from paycli.cli.output import print_message
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
def detach(
    customer_id: CustomerId,
    payment_method_id: Annotated[str, typer.Argument(help="The payment method: pm_…")],
    *,
    account: Account = None,
    live: Live = False,
    stripe: StripeSettings,
) -> None:
    """Detach a saved payment method from its customer, so that it can never be charged again.

    Examples:
        paycli customer detach cus_NffrFeUfNV2Hib pm_1MqLiJLkdIwHu7ixUEgbFdYF
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel

    request = RequestModel.from_fields({"account": account})
    use_cases = bootstrap.use_cases(stripe)
    use_cases.payment_methods.detach(customer_id, payment_method_id, request.account)
    print_message(f"detached {payment_method_id}")
