"""`paycli customer list`."""

from paycli.cli.exit_codes import exits
from paycli.cli.options import Account, Cursor, Limit, Reference
from paycli.cli.output import PageOfRows, prints_result
from paycli.cli.personal_data import PersonalData, read_personal_data
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def list_(
    *,
    reference: Reference = None,
    file: PersonalData = None,
    limit: Limit = 10,
    cursor: Cursor = None,
    account: Account = None,
    stripe: StripeSettings,
) -> PageOfRows:
    """List customers, newest first; all, or those with a reference or an email address.

    The file has only the member email. Stripe's search by reference has a delay of about a minute.
    The table shows no personal data; JSON does.

    Examples:
        paycli customer list --reference guest-7
        echo '{"email": "guest@example.com"}' | paycli customer list --file - -o json
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import ListCustomers

    options = {"reference": reference, "limit": limit, "cursor": cursor, "account": account}
    personal = read_personal_data(file, ("email",))
    request = ListCustomers.from_fields({**personal, **options})
    page = bootstrap.use_cases(stripe).customers.list(request)
    rows = [customer.model_dump() for customer in page.data]
    return PageOfRows(rows, ("id", "reference", "created_at"), page.next_cursor)
