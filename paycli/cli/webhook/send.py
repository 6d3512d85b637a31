"""`paycli webhook send`."""

import time
from collections.abc import Collection
from http import HTTPStatus
from typing import Annotated

import typer
from pydantic import JsonValue

from paycli.cli.exit_codes import KAFKA_FAILED, exit_code_of_problem, exits
from paycli.cli.json_text import parse_json
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.settings_options import with_settings
from paycli.cli.webhook.send_many import SendRate, send_many, sign_event
from paycli.settings import KafkaSettings, ListenSettings, WebhookSettings


@exits(
    {1: "no daemon responds, or with neither 200 nor 503"},
    3,
    {
        5: "a record is missing in Kafka, or the daemon responded with 503",
        6: "the daemon refused the signature",
    },
)
@with_settings
@prints_result
def send(
    event_type: Annotated[
        str, typer.Argument(help="Any Stripe event type, such as charge.expired.")
    ],
    *,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="PATH=VALUE, such as data.object.amount=500; repeatable."),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="The daemon's URL. Default: its address in the settings.")
    ] = None,
    count: Annotated[int, typer.Option(help="Number of events.", min=1, max=1_000_000)] = 1,
    duplicate: Annotated[
        int, typer.Option(help="Extra deliveries of each event.", min=0, max=100)
    ] = 0,
    concurrency: Annotated[
        int, typer.Option(help="Number of concurrent deliveries.", min=1, max=256)
    ] = 8,
    rate: Annotated[
        float | None, typer.Option(help="At most this number of deliveries a second.", min=0.001)
    ] = None,
    webhook: WebhookSettings,
    kafka: KafkaSettings,
    listen: ListenSettings,
) -> CommandResult:
    """Send signed test events to a running daemon, and look for their records in Kafka.

    Examples:
        paycli webhook send payment_intent.succeeded --set data.object.amount=500
        paycli webhook send charge.expired --count 1000 --rate 200 --duplicate 1
    """
    from paycli.sandbox import stripe_events

    _check_event_type(event_type, stripe_events.all_event_types())
    values = dict(map(_path_and_value, overrides or []))

    def make_event() -> dict[str, JsonValue]:
        return stripe_events.make_event(event_type, values, created=int(time.time()))

    try:
        event = make_event()
    except stripe_events.InvalidFieldPath as error:
        raise typer.BadParameter(str(error)) from error
    daemon_url = url or f"http://{listen.webhook_address.local_address()}"
    if count == 1 and not duplicate:
        return _send_one(event, daemon_url, webhook, kafka)
    send_rate = SendRate(count, duplicate, concurrency, rate)
    return send_many(make_event, daemon_url, webhook, kafka, send_rate)


def _send_one(
    event: dict[str, JsonValue], url: str, webhook: WebhookSettings, kafka: KafkaSettings
) -> CommandResult:
    from paycli import bootstrap  # the Kafka client

    body, header = sign_event(event, webhook)
    response, topic, record = bootstrap.deliver_webhook(kafka, url, str(event["id"]), body, header)
    row = {
        "event_id": event["id"],
        "status": response.status,
        "outcome": response.outcome,
        "code": response.code,
        "detail": response.detail,
        "topic": topic,
        "partition": record.partition if record else None,
        "offset": record.offset if record else None,
    }
    if response.status != HTTPStatus.OK:
        return CommandResult(row, exit_code=exit_code_of_problem(response.code))
    if record is None and response.outcome != "ignored":
        message = "the daemon reported the event as persisted, but it is not on the topic"
        return CommandResult(row, messages=[message], exit_code=KAFKA_FAILED)
    return CommandResult(row)


def _check_event_type(name: str, known: Collection[str]) -> None:
    """Raises BadParameter, with the closest name, for an unknown type."""
    if name in known:
        return
    from difflib import get_close_matches  # only needed for a typo

    matches = get_close_matches(name, known, n=1)
    suggestion = f": did you mean {matches[0]}?" if matches else ""
    raise typer.BadParameter(f"unknown event type {name}{suggestion}")


def _path_and_value(item: str) -> tuple[str, JsonValue]:
    """Parses `PATH=VALUE`; a value that is not valid JSON is a string."""
    path, equals, text = item.partition("=")
    if not equals or not path:
        raise typer.BadParameter(f"--set takes PATH=VALUE, not {item!r}")
    try:
        return path, parse_json(text)
    except ValueError:
        return path, text
