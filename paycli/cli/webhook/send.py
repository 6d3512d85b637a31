"""`paycli webhook send`: events made, delivered, and looked for in Kafka."""

import json as json_
import time
from http import HTTPStatus
from typing import Annotated

import typer
from pydantic import JsonValue

from paycli import signature
from paycli.cli import output
from paycli.cli.settings_options import with_settings
from paycli.errors import KafkaError
from paycli.settings import KafkaSettings, ListenSettings, WebhookSettings

_EXIT_CODES = {
    signature.SignatureInvalid.code: 6,
    **{kind.code: 5 for kind in KafkaError.__subclasses__()},
}
"""What the daemon's refusal means here, by its code."""


@with_settings
def send(
    event_type: Annotated[str, typer.Argument(help="Such as payment_intent.succeeded.")],
    *,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="PATH=VALUE, such as data.object.amount=500; may be repeated."),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="The daemon; by default where the settings say.")
    ] = None,
    how: output.Output = None,
    json: output.Json = False,
    webhook: WebhookSettings,
    kafka: KafkaSettings,
    listen: ListenSettings,
) -> None:
    """Makes an event, signs it, posts it to a running daemon, and finds its record in Kafka.

    Example: paycli webhook send payment_intent.succeeded --set data.object.amount=500
    """
    format_ = output.chosen(how, json)
    from paycli import bootstrap  # the Kafka client
    from paycli.sandbox import stripe_events

    if event_type not in stripe_events.EVENT_TYPES:
        raise typer.BadParameter(
            f"{event_type} can't be made; known are {', '.join(stripe_events.EVENT_TYPES)}"
        )
    now = int(time.time())
    try:
        event = stripe_events.make_event(
            event_type, dict(map(_path_and_value, sets or [])), created=now
        )
    except stripe_events.CannotSet as error:
        raise typer.BadParameter(str(error)) from error
    body = stripe_events.to_body(event)
    header = signature.sign(body, webhook.secret_values()[0], now)
    answer, topic, record = bootstrap.deliver_webhook(
        kafka, url or f"http://{listen.webhook_address.from_here()}", str(event["id"]), body, header
    )
    row = {
        "event_id": event["id"],
        "status": answer.status,
        "outcome": answer.outcome,
        "code": answer.code,
        "detail": answer.detail,
        "topic": topic,
        "partition": record.partition if record else None,
        "offset": record.offset if record else None,
    }
    output.print_one(row, format_)
    if answer.status != HTTPStatus.OK:
        raise typer.Exit(_EXIT_CODES.get(answer.code or "", 1))
    if record is None and answer.outcome != "ignored":
        output.say("the daemon says that it is persisted, but it is not on the topic")
        raise typer.Exit(5)


def _path_and_value(item: str) -> tuple[str, JsonValue]:
    """A value is JSON where it can be read as such, else text."""
    path, equals, text = item.partition("=")
    if not equals or not path:
        raise typer.BadParameter(f"--set takes PATH=VALUE, not {item!r}")
    try:
        value: JsonValue = json_.loads(text)
    except ValueError:
        value = text
    return path, value
