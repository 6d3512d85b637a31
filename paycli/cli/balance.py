"""`paycli balance`: what an account has at Stripe."""

from paycli.cli.exit_codes import exits
from paycli.cli.options import Account
from paycli.cli.output import CommandResult, TableView, prints_result
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import format_amount, list_table
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def balance(*, account: Account = None, stripe: StripeSettings) -> CommandResult:
    """Show the balance at Stripe: what is available, and what will be.

    Examples:
        paycli balance
        paycli balance --account acct_1032D82eZvKYlo2C --json
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel

    request = RequestModel.from_fields({"account": account})
    found = bootstrap.use_cases(stripe).balances.get(request.account)
    parts = (("available", found.available), ("pending", found.pending))
    rows = [
        {"balance": name, "amount": format_amount(each.amount, each.currency)}
        for name, amounts in parts
        for each in amounts
    ]
    return CommandResult(found.model_dump(), TableView(list_table(rows)))
