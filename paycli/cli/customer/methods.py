"""`paycli customer methods`."""

from paycli.cli.exit_codes import exits
from paycli.cli.options import Account, Cursor, CustomerId, Limit
from paycli.cli.output import PageOfRows, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def methods(
    customer_id: CustomerId,
    *,
    limit: Limit = 10,
    cursor: Cursor = None,
    account: Account = None,
    stripe: StripeSettings,
) -> PageOfRows:
    """List the saved payment methods of a customer, newest first.

    Examples:
        paycli customer methods cus_NffrFeUfNV2Hib
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import ListPaymentMethods

    request = ListPaymentMethods.from_fields({"limit": limit, "cursor": cursor, "account": account})
    page = bootstrap.use_cases(stripe).payment_methods.list(customer_id, request)
    rows = [method.model_dump() for method in page.data]
    card = ("card.brand", "card.last4", "card.exp_month", "card.exp_year", "card.wallet")
    return PageOfRows(rows, ("id", "type", *card), page.next_cursor)
