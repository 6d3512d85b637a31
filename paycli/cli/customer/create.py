"""`paycli customer create`."""

from typing import Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.mutations import (
    IdempotencyKey,
    Live,
    Metadata,
    key_or_new,
    parse_metadata,
    require_live_flag,
    result_of_write,
)
from paycli.cli.options import Account
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.personal_data import CUSTOMER_MEMBERS, PersonalData, read_personal_data
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def create(
    *,
    file: PersonalData = None,
    reference: Annotated[
        str | None, typer.Option(help="Your own id, such as a guest number.")
    ] = None,
    metadata: Metadata = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Create a customer, or show the one that the idempotency key created in the account.

    The file may have the members name, email and phone, and no others.

    Examples:
        paycli customer create --file guest.json --reference guest-7
        echo '{"email": "guest@example.com"}' | paycli customer create --file -
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CreateCustomer

    options = {"reference": reference, "metadata": parse_metadata(metadata), "account": account}
    personal = read_personal_data(file, CUSTOMER_MEMBERS)
    request = CreateCustomer.from_fields({**personal, **options})
    key = key_or_new(idempotency_key)
    return result_of_write(bootstrap.use_cases(stripe).customers.create(request, key))
