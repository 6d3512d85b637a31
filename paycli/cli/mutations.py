"""What commands share that change something at Stripe."""

import uuid
from collections.abc import Sequence
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel

from paycli.cli.output import CommandResult, print_message
from paycli.models import WriteResult
from paycli.settings import StripeSettings

Resource = TypeVar("Resource", bound=BaseModel)

IdempotencyKey = Annotated[
    str | None,
    typer.Option(
        help="Repeat a call safely with the same key and account; generated if not given."
    ),
]
Metadata = Annotated[list[str] | None, typer.Option("--metadata", help="KEY=VALUE; repeatable.")]
MetadataChanges = Annotated[
    list[str] | None,
    typer.Option("--metadata", help="KEY=VALUE; KEY= removes the key; repeatable."),
]
Live = Annotated[bool, typer.Option("--live", help="Required with a live key.")]


def require_live_flag(stripe: StripeSettings, *, live: bool) -> None:
    """Raises BadParameter for a live key without `--live`."""
    if stripe.livemode and not live:
        raise typer.BadParameter("this is a live key, which changes real data: confirm with --live")


def key_or_new(idempotency_key: str | None) -> str:
    """Returns the key, or a new one, which is printed before the call so that it can be reused."""
    if idempotency_key is not None:
        return idempotency_key
    new_key = f"paycli-{uuid.uuid4()}"
    print_message(
        f"idempotency key: {new_key} (pass it and the same options to repeat this call safely)"
    )
    return new_key


def parse_metadata(items: Sequence[str] | None) -> dict[str, str]:
    """Returns the metadata of `KEY=VALUE` items. Raises BadParameter."""
    return dict(map(_key_and_value, items or ()))


def result_of_write(write: WriteResult[Resource]) -> CommandResult:
    """Returns the created or changed object, and reports a replayed response."""
    if write.replayed:
        print_message("this key was used before: the result is that of the first call")
    return CommandResult(write.result.model_dump(mode="json"))


def _key_and_value(item: str) -> tuple[str, str]:
    key, equals, value = item.partition("=")
    if not equals:
        raise typer.BadParameter(f"--metadata takes KEY=VALUE, not {item!r}")
    return key, value
