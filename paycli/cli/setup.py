"""`paycli setup`: cards saved without a payment, through the same use cases as the HTTP API."""

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
from paycli.cli.options import Account
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings

app = PaycliTyper()

SetupId = Annotated[str, typer.Argument(help="The setup: seti_… or cs_…")]


@exits(3, 4)
@with_settings
@prints_result
def create(
    *,
    customer: Annotated[str, typer.Option(help="The customer whose card is saved, cus_….")],
    flow: Annotated[
        Literal["setup_intent", "checkout"],
        typer.Option(help="Where the customer enters the card."),
    ] = "setup_intent",
    usage: Annotated[
        Literal["off_session", "on_session"],
        typer.Option(help="Whether it is charged in the customer's absence too."),
    ] = "off_session",
    currency: Annotated[
        str | None, typer.Option(help="Checkout only: the currency of later payments.")
    ] = None,
    success_url: Annotated[
        str | None, typer.Option(help="Where checkout redirects when the card is saved.")
    ] = None,
    cancel_url: Annotated[
        str | None, typer.Option(help="Where checkout redirects if the customer goes back.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Your own id, such as a booking number.")
    ] = None,
    metadata: Metadata = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    r"""Create a setup, or show the one that the idempotency key created in the account.

    Examples:
        paycli setup create --customer cus_NffrFeUfNV2Hib --reference booking-42
        paycli setup create --customer cus_NffrFeUfNV2Hib --flow checkout \
          --currency eur --success-url https://example.com/saved
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CreateSetup

    request = CreateSetup.from_fields(
        {
            "flow": flow,
            "customer": customer,
            "usage": usage,
            "currency": currency,
            "success_url": success_url,
            "cancel_url": cancel_url,
            "reference": reference,
            "metadata": parse_metadata(metadata),
            "account": account,
        }
    )
    key = key_or_new(idempotency_key)
    return result_of_write(bootstrap.use_cases(stripe).setups.create(request, key))


@exits(3, 4)
@with_settings
@prints_result
def get(setup_id: SetupId, *, account: Account = None, stripe: StripeSettings) -> CommandResult:
    """Show a setup in its current state at Stripe.

    Examples:
        paycli setup get seti_1Mm8s8LkdIwHu7ix0OXBfTRG -o json
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel

    request = RequestModel.from_fields({"account": account})
    setup = bootstrap.use_cases(stripe).setups.get(setup_id, request.account)
    return CommandResult(setup.model_dump())


@exits(3, 4)
@with_settings
@prints_result
def cancel(
    setup_id: SetupId,
    *,
    reason: Annotated[
        Literal["abandoned", "duplicate", "requested_by_customer"] | None,
        typer.Option(help="Reason, stored with the setup."),
    ] = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Cancel a setup that has not succeeded, or expire an open Checkout Session.

    Examples:
        paycli setup cancel seti_1Mm8s8LkdIwHu7ix0OXBfTRG --reason abandoned
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CancelSetup

    request = CancelSetup.from_fields({"account": account, "reason": reason})
    key = key_or_new(idempotency_key)
    return result_of_write(bootstrap.use_cases(stripe).setups.cancel(setup_id, request, key))


app.add(create)
app.add(get)
app.add(cancel)
