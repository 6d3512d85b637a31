"""`paycli customer`: customers at Stripe, through the same use cases as the HTTP API."""

from typing import Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.help import PaycliTyper
from paycli.cli.mutations import (
    IdempotencyKey,
    Live,
    key_or_new,
    parse_metadata,
    require_live_flag,
    result_of_write,
)
from paycli.cli.options import Account, Cursor, Limit, Reference
from paycli.cli.output import CommandResult, PageOfRows, print_message, prints_result
from paycli.cli.personal_data import PersonalData, read_personal_data
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings

app = PaycliTyper()

CustomerId = Annotated[str, typer.Argument(help="The customer: cus_…")]


@exits(3, 4)
@with_settings
@prints_result
def create(
    *,
    file: PersonalData = None,
    reference: Annotated[
        str | None, typer.Option(help="Your own id, such as a guest number.")
    ] = None,
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", help="KEY=VALUE; repeatable.")
    ] = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Create a customer, or show the one that the idempotency key created in the account.

    The file has the members name, email and phone, each optional.

    Examples:
        paycli customer create --file guest.json --reference guest-7
        echo '{"email": "guest@example.com"}' | paycli customer create --file -
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CreateCustomer

    options = {"reference": reference, "metadata": parse_metadata(metadata), "account": account}
    request = CreateCustomer.from_fields({**read_personal_data(file), **options})
    key = key_or_new(idempotency_key)
    return result_of_write(bootstrap.use_cases(stripe).customers.create(request, key))


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

    The file has the member email. Stripe's search by reference has a delay of about a minute. The
    table shows no personal data; JSON does.

    Examples:
        paycli customer list --reference guest-7
        echo '{"email": "guest@example.com"}' | paycli customer list --file - -o json
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import ListCustomers

    options = {"reference": reference, "limit": limit, "cursor": cursor, "account": account}
    request = ListCustomers.from_fields({**read_personal_data(file), **options})
    page = bootstrap.use_cases(stripe).customers.list(request)
    rows = [customer.model_dump() for customer in page.data]
    return PageOfRows(rows, ("id", "reference", "created_at"), page.next_cursor)


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
    metadata: Annotated[
        list[str] | None,
        typer.Option("--metadata", help="KEY=VALUE; KEY= removes the key; repeatable."),
    ] = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Update a customer. Fields that are not given stay unchanged.

    The file has the members name, email and phone, each optional; null removes the value.

    Examples:
        paycli customer update cus_NffrFeUfNV2Hib --file changes.json
        paycli customer update cus_NffrFeUfNV2Hib --metadata tier=silver
    """
    fields = {**read_personal_data(file), "account": account}
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


app.add(create)
app.add(get)
app.add(list_, "list")
app.add(update)
app.add(delete)
