"""`paycli customer update`."""

from typing import Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.mutations import (
    IdempotencyKey,
    Live,
    MetadataChanges,
    key_or_new,
    parse_metadata,
    require_live_flag,
    result_of_write,
)
from paycli.cli.options import Account, CustomerId
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.personal_data import CUSTOMER_MEMBERS, PersonalData, read_personal_data
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def update(
    customer_id: CustomerId,
    *,
    file: PersonalData = None,
    reference: Annotated[
        str | None, typer.Option(help="New reference; an empty one removes it.")
    ] = None,
    metadata: MetadataChanges = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Update a customer. Fields that are not given stay unchanged.

    The file may have the members name, email and phone, and no others; null removes a value.

    Examples:
        paycli customer update cus_NffrFeUfNV2Hib --file changes.json
        paycli customer update cus_NffrFeUfNV2Hib --metadata tier=silver
    """
    fields = {**read_personal_data(file, CUSTOMER_MEMBERS), "account": account}
    if reference is not None:
        fields["reference"] = reference or None
    if metadata:
        fields["metadata"] = parse_metadata(metadata)
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import UpdateCustomer

    request = UpdateCustomer.from_fields(fields)
    key = key_or_new(idempotency_key)
    use_cases = bootstrap.use_cases(stripe)
    return result_of_write(use_cases.customers.update(customer_id, request, key))
