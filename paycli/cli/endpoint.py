"""`paycli endpoint`: the webhook endpoints at Stripe that send events to the daemon."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.help import PaycliTyper
from paycli.cli.mutations import IdempotencyKey, Live, key_or_new, require_live_flag
from paycli.cli.new_file import new_private_file
from paycli.cli.output import CommandResult, TableView, print_message, prints_result
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import Row, list_table
from paycli.printable import shell_word
from paycli.settings import StripeSettings

if TYPE_CHECKING:
    from paycli.models import CreateEndpoint, Endpoint
    from paycli.ops.endpoints import EndpointChange, EndpointsApi

app = PaycliTyper()

_UNCHANGED = {1: "the endpoint cannot be changed as requested"}
_UNCHANGED_OR_UNSAVED = {1: "it cannot be changed as requested, or its secret was not saved"}
_ROTATED = "append it to PAYCLI_STRIPE_WEBHOOK_SECRETS and restart the daemons"


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
        Path | None,
        typer.Option(
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
    if not dry_run:
        require_live_flag(stripe, live=live)
    if stripe.livemode and not url.startswith("https://"):
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
        created = _create(account.endpoints, wanted, secret_file, idempotency_key)
        return _result([_planned(each, created) for each in changes])
    if secret_file is not None:
        print_message(
            f"nothing is created, so {secret_file} is not written; if the response to an earlier "
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
        bool, typer.Option("--force", help="Even if no other endpoint serves its address.")
    ] = False,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Disable an endpoint that another one at the same address replaces.

    Stripe sends nothing more to it, and does not repeat deliveries that failed: retire it once the
    daemons accept the new endpoint's secret. The Dashboard can enable it again, or delete it.

    Examples:
        paycli endpoint retire we_1Mr5jULkdIwHu7ix1ibLTM0x
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.ops import endpoints

    api = bootstrap.stripe_account(stripe).endpoints
    return CommandResult(_listed(endpoints.retire(api, endpoint_id, force=force)))


def _create(
    api: "EndpointsApi", wanted: "CreateEndpoint", file: Path | None, key: str | None
) -> "Endpoint":
    """Creates an endpoint and writes its secret to the file, which must be a new one.

    Raises BadParameter before anything is created; Exit if the secret could not be written.
    """
    if file is None:
        raise typer.BadParameter(
            "this creates an endpoint, whose secret Stripe shows once: pass --secret-file FILE"
        )
    key = key_or_new(key)
    endpoint: Endpoint | None = None
    try:
        with new_private_file(file) as out:
            created = api.create(wanted, key)
            endpoint = created.endpoint
            out.write(f"{created.secret}\n".encode())
    except OSError as error:
        problem = f"{file} can't be written: {error.strerror}"
        if endpoint is None:
            raise typer.BadParameter(problem) from error
        # https://docs.stripe.com/api/idempotent_requests: kept for at least 24 hours
        print_message(
            f"error: {problem}. {endpoint.id} was created: get its secret within 24 hours by the "
            f"same command with --new, --idempotency-key {shell_word(key)} and another file"
        )
        raise typer.Exit(1) from error
    print_message(f"the signing secret is in {file}: {_ROTATED}")
    return endpoint


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
        "url": None if endpoint is None else endpoint.url,
        "added": list(change.added),
        "removed": list(change.removed),
    }


def _listed(endpoint: "Endpoint") -> Row:
    from paycli.events.catalogue import CATALOGUE  # the events' classes
    from paycli.ops.endpoints import missing_types, serves_webhooks, superfluous_types

    ours = serves_webhooks(endpoint)
    return {
        "id": endpoint.id,
        "url": endpoint.url,
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
