"""Sends many webhooks, and summarises responses, records in Kafka and latencies."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import JsonValue

from paycli.cli.exit_codes import KAFKA_FAILED, exit_code_of_problem
from paycli.cli.output import CommandResult, TableView, print_message
from paycli.cli.tables import object_table
from paycli.cli.webhook.latency import histogram, histogram_table, quantiles
from paycli.settings import KafkaSettings, WebhookSettings
from paycli.webhooks import signature

if TYPE_CHECKING:
    from paycli.models import WebhookResponse
    from paycli.ops.send_webhooks import SendReport


@dataclass(frozen=True, slots=True)
class SendRate:
    """The number of events, of extra deliveries of each, and how fast they are sent."""

    count: int
    duplicates: int
    concurrency: int
    per_second: float | None


def sign_event(event: Mapping[str, JsonValue], webhook: WebhookSettings) -> tuple[bytes, str]:
    """Returns the event's body, and its Stripe-Signature header as of now."""
    from paycli.sandbox import stripe_events

    body = stripe_events.to_body(event)
    return body, signature.sign(body, webhook.secret_values()[0], int(time.time()))


def send_many(
    make_event: Callable[[], dict[str, JsonValue]],
    url: str,
    webhook: WebhookSettings,
    kafka: KafkaSettings,
    rate: SendRate,
) -> CommandResult:
    """Sends events to the daemon at `url`; returns the report."""
    from paycli import bootstrap  # the Kafka client
    from paycli.cli.progress import ProgressLine

    sent = 0
    with ProgressLine() as progress:

        def events() -> Iterator[tuple[str, Callable[[], tuple[bytes, str]]]]:
            nonlocal sent
            for sent in range(1, rate.count + 1):
                event = make_event()
                for _ in range(1 + rate.duplicates):
                    yield str(event["id"]), partial(sign_event, event, webhook)
                progress("sending", sent / rate.count)

        try:
            report = bootstrap.deliver_webhooks(
                kafka,
                url,
                events(),
                concurrency=rate.concurrency,
                per_second=rate.per_second,
            )
        except KeyboardInterrupt:
            progress.clear()
            print_message(
                f"{sent} of {rate.count} events were sent, the last one perhaps incompletely"
            )
            raise
    return _result(report)


def _result(report: "SendReport") -> CommandResult:
    missing = report.missing()
    refused = [sent.response for sent in report.sent if not _accepted(sent.response)]
    codes = [1 if response is None else exit_code_of_problem(response.code) for response in refused]
    latencies_ms = sorted(sent.seconds * 1000 for sent in report.sent)
    buckets = histogram(latencies_ms)
    summary = _summary(report, latencies_ms)
    return CommandResult(
        {**summary, "histogram": [{"up_to_ms": bound, "count": n} for bound, n in buckets]},
        table=TableView(object_table(summary) + histogram_table(buckets)),
        messages=[
            f"reported as persisted by the daemon, but not in Kafka: {', '.join(missing[:5])}"
        ]
        if missing
        else [],
        exit_code=KAFKA_FAILED if missing else max(codes, default=0),
    )


def _accepted(response: "WebhookResponse | None") -> bool:
    return response is not None and response.status == HTTPStatus.OK


def _summary(report: "SendReport", latencies_ms: list[float]) -> dict[str, object]:
    statuses = Counter(
        "none" if sent.response is None else str(sent.response.status) for sent in report.sent
    )
    outcomes = Counter(
        sent.response.outcome for sent in report.sent if sent.response and sent.response.outcome
    )
    return {
        "events": len({sent.event_id for sent in report.sent}),
        "deliveries": len(report.sent),
        "responses": dict(statuses.most_common()),
        "outcomes": dict(outcomes.most_common()),
        "in_kafka": report.records.total(),
        "missing": len(report.missing()),
        "latency_ms": quantiles(latencies_ms),
    }
