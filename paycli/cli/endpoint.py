"""`paycli endpoint`: the webhook endpoints at Stripe that send events to the daemon."""

from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli.endpoint_secret import create_endpoint, refuse_unsaved, secret_file_of
from paycli.cli.exit_codes import exits
from paycli.cli.help import PaycliTyper
from paycli.cli.mutations import IdempotencyKey, Live, require_live_flag
from paycli.cli.output import CommandResult, TableView, print_message, prints_result
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import Row, list_table
from paycli.settings import StripeSettings

if TYPE_CHECKING:
    from paycli.models import Endpoint
    from paycli.ops.endpoints import EndpointChange

app = PaycliTyper()

_UNCHANGED = {1: "the endpoint cannot be changed as requested"}
_UNCHANGED_OR_UNSAVED = {1: "it cannot be changed as requested, or its secret was not saved"}


@exits(3, 4)
@with_settings
@prints_result
def list_(*, stripe: StripeSettings) -> CommandResult:
    """List the account's webhook endpoints, and the event types that they lack or send in vain.

    The table has the numbers of types, JSON the types. Both are null for endpoints at addresses
    that no paycli daemon serves.

    Examples:
        paycli endpoint list
        paycli endpoint list -o json
    """
    from paycli import bootstrap  # the SDK

    rows = [_listed(each) for each in bootstrap.stripe_account(stripe).endpoints.list()]
    return _result(rows, *(() if rows else ["this account has no endpoints"]))


@exits(_UNCHANGED_OR_UNSAVED, 3, 4)
@with_settings
@prints_result
def apply(
    *,
    url: Annotated[
        str, typer.Option(help="The whole address: https://pay.example.com/api/v1/stripe/events.")
    ],
    connect: Annotated[
        bool,
        typer.Option("--connect", help="For the events of connected accounts, not our own."),
    ] = False,
    new: Annotated[
        bool,
        typer.Option("--new", help="Create one beside those that exist, to rotate their secret."),
    ] = False,
    secret_file: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="New file for the signing secret of a new endpoint, which only its owner can "
            "read; required for one.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be changed.")
    ] = False,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    r"""Create or update the endpoint at an address: the mapped event types, the pinned API version.

    An enabled endpoint at the address is updated. If there is none, or with --new, one is created;
    its secret is written to the file and never printed.

    Examples:
        paycli endpoint apply --url https://pay.example.com/api/v1/stripe/events \
          --secret-file webhook-secret
        paycli endpoint apply --url https://pay.example.com/api/v1/stripe/events --dry-run
    """
    file = secret_file_of(secret_file)
    if not dry_run:
        require_live_flag(stripe, live=live)
    if stripe.livemode and not url.lower().startswith("https://"):
        raise typer.BadParameter("--url must start with https:// in live mode")
    from paycli import bootstrap  # the SDK
    from paycli.events.catalogue import CATALOGUE  # the events' classes
    from paycli.ops import endpoints

    account = bootstrap.stripe_account(stripe)
    wanted = endpoints.wanted_endpoint(url, CATALOGUE, account.api_version, connect=connect)
    changes = endpoints.plan(account.endpoints.list(), wanted, new=new)
    if dry_run:
        return _result([_planned(each, each.endpoint) for each in changes])
    if any(each.endpoint is None for each in changes):
        created = create_endpoint(account.endpoints, wanted, file, idempotency_key)
        return _result([_planned(each, created) for each in changes])
    if file is not None:
        refuse_unsaved(file, [each.endpoint.id for each in changes if each.endpoint])
        print_message(
            f"nothing is created, so {file} is not written; if the response to an earlier "
            "creation was lost, repeat it with --new and its --idempotency-key"
        )
    applied = endpoints.apply(account.endpoints, wanted, changes)
    return _result([_planned(*pair) for pair in zip(changes, applied, strict=True)])


@exits(_UNCHANGED, 3, 4)
@with_settings
@prints_result
def retire(
    endpoint_id: Annotated[str, typer.Argument(help="The endpoint: we_…")],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Even if no other endpoint sends its events.")
    ] = False,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Disable an endpoint that others at the same address replace: they send all its events.

    Stripe sends nothing more to it, and does not repeat deliveries that failed: retire it once the
    daemons accept the new endpoint's secret. The Dashboard can enable it again, or delete it.

    Examples:
        paycli endpoint retire we_1Mr5jULkdIwHu7ix1ibLTM0x
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.events.catalogue import CATALOGUE  # the events' classes
    from paycli.ops.endpoint_retirement import retire as retire_endpoint

    account = bootstrap.stripe_account(stripe)
    retired = retire_endpoint(
        account.endpoints, endpoint_id, CATALOGUE, account.api_version, force=force
    )
    return CommandResult(_listed(retired))


def _result(rows: list[Row], *messages: str) -> CommandResult:
    """Returns the rows; their table has numbers in place of lists."""
    counted = [
        {name: len(value) if isinstance(value, list) else value for name, value in row.items()}
        for row in rows
    ]
    return CommandResult(rows, table=TableView(list_table(counted)), messages=messages)


def _planned(change: "EndpointChange", endpoint: "Endpoint | None") -> Row:
    return {
        "action": str(change.action),
        "id": None if endpoint is None else endpoint.id,
        "url": None if endpoint is None else endpoint.shown_url,
        "added": list(change.added),
        "removed": list(change.removed),
    }


def _listed(endpoint: "Endpoint") -> Row:
    from paycli.events.catalogue import CATALOGUE  # the events' classes
    from paycli.ops.endpoints import missing_types, serves_webhooks, superfluous_types

    ours = serves_webhooks(endpoint)
    return {
        "id": endpoint.id,
        "url": endpoint.shown_url,
        "status": "enabled" if endpoint.enabled else "disabled",
        "api_version": endpoint.api_version,
        "connect": endpoint.connect,
        "types": len(endpoint.enabled_events),
        "missing": list(missing_types(endpoint, CATALOGUE)) if ours else None,
        "superfluous": list(superfluous_types(endpoint, CATALOGUE)) if ours else None,
    }


app.add(list_, "list")
app.add(apply)
app.add(retire)
