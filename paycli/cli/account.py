"""`paycli account`: connected accounts, the hosts of a marketplace."""

from typing import Annotated, Literal

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.help import PaycliTyper
from paycli.cli.mutations import (
    IdempotencyKey,
    Live,
    Metadata,
    key_or_new,
    parse_metadata,
    require_live_flag,
    result_of_write,
)
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.personal_data import PersonalData, read_personal_data
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings

app = PaycliTyper()

AccountId = Annotated[str, typer.Argument(help="The connected account: acct_…")]


@exits(3, 4)
@with_settings
@prints_result
def create(
    *,
    country: Annotated[str, typer.Option(help="Where the host does business: DE.")],
    file: PersonalData = None,
    business_type: Annotated[
        Literal["company", "government_entity", "individual", "non_profit"] | None,
        typer.Option(help="The kind of business; Stripe asks the host if it is not given."),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Your own id, such as a host number.")
    ] = None,
    metadata: Metadata = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Create a connected account, or show the one that the idempotency key created.

    The file has only the member email.

    Examples:
        paycli account create --country DE --reference host-9
        echo '{"email": "host@example.com"}' | paycli account create --country DE --file -
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CreateAccount

    options = {
        "country": country,
        "business_type": business_type,
        "reference": reference,
        "metadata": parse_metadata(metadata),
    }
    request = CreateAccount.from_fields({**read_personal_data(file, ("email",)), **options})
    key = key_or_new(idempotency_key)
    return result_of_write(bootstrap.use_cases(stripe).accounts.create(request, key))


@exits(3, 4)
@with_settings
@prints_result
def get(account_id: AccountId, *, stripe: StripeSettings) -> CommandResult:
    """Show a connected account, and what Stripe still requires from the host.

    Examples:
        paycli account get acct_1032D82eZvKYlo2C
    """
    from paycli import bootstrap  # the SDK

    account = bootstrap.use_cases(stripe).accounts.get(account_id)
    return CommandResult(account.model_dump(mode="json"))


@exits(3, 4)
@with_settings
@prints_result
def link(
    account_id: AccountId,
    *,
    refresh_url: Annotated[
        str, typer.Option(help="Where Stripe sends the host if the link has expired.")
    ],
    return_url: Annotated[str, typer.Option(help="Where Stripe sends the host afterwards.")],
    type_: Annotated[
        Literal["onboarding", "update"],
        typer.Option("--type", help="onboarding asks for what is still required."),
    ] = "onboarding",
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    r"""Create a link to Stripe's form for the host. It works once, and is a secret.

    Examples:
        paycli account link acct_1032D82eZvKYlo2C --refresh-url https://example.com/again \
          --return-url https://example.com/done
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CreateAccountLink

    request = CreateAccountLink.from_fields(
        {"type": type_, "refresh_url": refresh_url, "return_url": return_url}
    )
    key = key_or_new(idempotency_key)
    return result_of_write(
        bootstrap.use_cases(stripe).accounts.create_link(account_id, request, key)
    )


app.add(create)
app.add(get)
app.add(link)
