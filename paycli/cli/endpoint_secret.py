"""The file of a new webhook endpoint's signing secret, which Stripe shows only once."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from paycli.cli.mutations import key_or_new
from paycli.cli.new_file import is_reserved, new_private_file
from paycli.cli.output import print_message
from paycli.errors import EndpointUnchanged
from paycli.printable import shell_word

if TYPE_CHECKING:
    from paycli.models import CreateEndpoint, Endpoint
    from paycli.ops.endpoints import EndpointsApi

_ROTATED = "append it to PAYCLI_STRIPE_WEBHOOK_SECRETS and restart the daemons"


def secret_file_of(name: str | None) -> Path | None:
    """Returns the file for the secret, if one is named. Raises BadParameter."""
    if name == "-":
        raise typer.BadParameter("--secret-file takes no -: a secret is never printed; name a file")
    if name == "":
        raise typer.BadParameter("--secret-file is empty: name a file")
    return None if name is None else Path(name)


def refuse_unsaved(file: Path, endpoint_ids: list[str]) -> None:
    """Raises EndpointUnchanged if an earlier run created an endpoint and did not save its secret.

    https://docs.stripe.com/api/idempotent_requests: a key is kept for at least 24 hours.
    """
    if is_reserved(file):
        raise EndpointUnchanged(
            f"{file} is empty: an earlier command was interrupted before it saved a secret, which "
            "Stripe shows only once, or is still running. Within 24 hours, repeat it with --new "
            "and its --idempotency-key. Otherwise create another endpoint with "
            "--new, and retire the one whose secret is unknown, with paycli endpoint retire: "
            + ", ".join(endpoint_ids)
        )


def create_endpoint(
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
