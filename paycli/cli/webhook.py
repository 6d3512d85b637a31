"""`paycli webhook`: Stripe's signatures and deliveries, by hand."""

import json as json_
import sys
import time
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from paycli import signature
from paycli.cli import output
from paycli.cli.settings_options import with_settings
from paycli.errors import KafkaError
from paycli.settings import KafkaSettings, ListenSettings, WebhookSettings

app = typer.Typer(no_args_is_help=True)

_EXIT_CODES = {
    signature.SignatureInvalid.code: 6,
    **{kind.code: 5 for kind in KafkaError.__subclasses__()},
}
"""What the daemon's refusal means here, by its code."""

Payload = Annotated[str, typer.Argument(help="The body as a file, or - for standard input.")]
At = Annotated[
    str | None,
    typer.Option(help="As of another moment: Unix seconds, or 2026-01-31T12:00:00Z."),
]


@app.command()
@with_settings
def verify(
    payload: Payload,
    *,
    signature_header: Annotated[
        str, typer.Option("--signature", help="The value of the header Stripe-Signature.")
    ],
    at: At = None,
    how: output.Output = None,
    json: output.Json = False,
    webhook: WebhookSettings,
) -> None:
    """Says whether a signature holds, and if not, why. Exit code 6 if it does not.

    Example: paycli webhook verify body.json --signature "$(cat header.txt)"
    """
    format_ = output.chosen(how, json)
    now = _moment(at)
    body = _read(payload)
    try:
        signed_at = signature.verify(
            body,
            signature_header,
            webhook.secret_values(),
            now=now,
            tolerance_seconds=webhook.tolerance_seconds,
        )
    except signature.SignatureInvalid as error:
        verdict = {"valid": False, "cause": error.cause.value, "detail": error.detail}
        output.print_one(verdict, format_)
        raise typer.Exit(6) from None
    detail = f"signed {now - signed_at:.0f} s ago; {len(body)} bytes"
    output.print_one({"valid": True, "cause": None, "detail": detail}, format_)


@app.command()
@with_settings
def sign(
    payload: Payload,
    *,
    at: At = None,
    how: output.Output = None,
    json: output.Json = False,
    webhook: WebhookSettings,
) -> None:
    """Prints the header that Stripe would send with a body, signed with the first secret.

    Example: curl -H "Stripe-Signature: $(paycli webhook sign body.json)" --data-binary @body.json …
    """
    format_ = output.chosen(how, json)
    header = signature.sign(_read(payload), webhook.secret_values()[0], int(_moment(at)))
    if format_ is output.Format.TABLE:
        sys.stdout.write(header + "\n")  # bare, for $(…)
    else:
        output.print_one({"signature": header}, format_)


@app.command()
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


def _read(payload: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if payload == "-" else Path(payload).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{payload} can't be read: {error.strerror}") from error


def _moment(at: str | None) -> float:
    if at is None:
        return time.time()
    if at.isascii() and at.isdigit():
        return int(at)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(f"--at takes Unix seconds or 2026-01-31T12:00:00Z, not {at!r}")
    return moment.timestamp()


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
