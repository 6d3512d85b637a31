"""`paycli webhook send`: events made, delivered, and looked for in Kafka."""

import json as json_
import time
from http import HTTPStatus
from typing import Annotated

import typer
from pydantic import JsonValue

from paycli.cli import output
from paycli.cli.explained import exits
from paycli.cli.settings_options import with_settings
from paycli.cli.webhook import sending
from paycli.settings import KafkaSettings, ListenSettings, WebhookSettings


@exits(
    {1: "no daemon answers, or it answers neither 200 nor 503"},
    3,
    {
        5: "a record is not in Kafka, or the daemon answered 503",
        6: "the daemon refused the signature",
    },
)
@with_settings
def send(
    event_type: Annotated[str, typer.Argument(help="Any of Stripe's, such as charge.expired.")],
    *,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="PATH=VALUE, such as data.object.amount=500; may be repeated."),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="The daemon; by default where the settings say.")
    ] = None,
    count: Annotated[int, typer.Option(help="So many events.", min=1, max=1_000_000)] = 1,
    duplicate: Annotated[
        int, typer.Option(help="Deliver each so many times more.", min=0, max=100)
    ] = 0,
    concurrency: Annotated[int, typer.Option(help="So many at a time.", min=1, max=256)] = 8,
    rate: Annotated[float | None, typer.Option(help="So many a second.", min=0.001)] = None,
    how: output.Output = None,
    json: output.Json = False,
    webhook: WebhookSettings,
    kafka: KafkaSettings,
    listen: ListenSettings,
) -> None:
    """Makes events, signs them, posts them to a running daemon, and finds their records in Kafka.

    Examples:
        paycli webhook send payment_intent.succeeded --set data.object.amount=500
        paycli webhook send charge.expired --count 1000 --rate 200 --duplicate 1
    """
    format_ = output.chosen(how, json)
    from paycli.sandbox import stripe_events

    output.check_name(event_type, stripe_events.all_event_types(), "event type")
    overrides = dict(map(_path_and_value, sets or []))
    try:
        first = stripe_events.make_event(event_type, overrides, created=int(time.time()))
    except stripe_events.InvalidFieldPath as error:
        raise typer.BadParameter(str(error)) from error
    to = url or f"http://{listen.webhook_address.local_address()}"
    if count == 1 and not duplicate:
        _send_one(first, to, webhook, kafka, format_)
        return

    def make() -> dict[str, JsonValue]:
        return stripe_events.make_event(event_type, overrides, created=int(time.time()))

    sending.send_many(
        make,
        to,
        webhook,
        kafka,
        format_,
        sending.Amounts(count, duplicate, concurrency, rate),
    )


def _send_one(
    event: dict[str, JsonValue],
    url: str,
    webhook: WebhookSettings,
    kafka: KafkaSettings,
    format_: output.Format,
) -> None:
    from paycli import bootstrap  # the Kafka client

    body, header = sending.signed(event, webhook)
    answer, topic, record = bootstrap.deliver_webhook(kafka, url, str(event["id"]), body, header)
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
        raise typer.Exit(sending.exit_code(answer))
    if record is None and answer.outcome != "ignored":
        output.say("the daemon says that it is persisted, but it is not on the topic")
        raise typer.Exit(sending.KAFKA_EXIT_CODE)


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
