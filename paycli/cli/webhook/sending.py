"""Many deliveries, and what is said of them: answers, records in Kafka, how long it took."""

import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import typer
from pydantic import JsonValue

from paycli.cli import output
from paycli.errors import KafkaFailure
from paycli.models import WebhookResponse
from paycli.settings import KafkaSettings, WebhookSettings
from paycli.webhooks import signature

if TYPE_CHECKING:
    from paycli.ops.send_webhooks import Report

KAFKA_EXIT_CODE = 5
_EXIT_CODES = {
    signature.SignatureInvalid.code: 6,
    **{kind.code: KAFKA_EXIT_CODE for kind in KafkaFailure.__subclasses__()},
}
"""What the daemon's refusal means here, by its code."""
_STEPS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_BAR = 40


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many events, how often more each, how many at a time and a second."""

    count: int
    duplicate: int
    concurrency: int
    per_second: float | None


def signed(event: Mapping[str, JsonValue], webhook: WebhookSettings) -> tuple[bytes, str]:
    """The event's body, and its header as of now."""
    from paycli.sandbox import stripe_events

    body = stripe_events.to_body(event)
    return body, signature.sign(body, webhook.secret_values()[0], int(time.time()))


def exit_code(answer: WebhookResponse) -> int:
    """What a refusal means here."""
    return _EXIT_CODES.get(answer.code or "", 1)


def send_many(
    make: Callable[[], dict[str, JsonValue]],
    url: str,
    webhook: WebhookSettings,
    kafka: KafkaSettings,
    format_: output.Format,
    amounts: Amounts,
) -> None:
    """Sends them, prints the report, and exits by it."""
    from paycli import bootstrap  # the Kafka client
    from paycli.cli.progress import ProgressLine

    begun = 0
    with ProgressLine() as progress:

        def events() -> Iterator[tuple[str, Callable[[], tuple[bytes, str]]]]:
            nonlocal begun
            for begun in range(1, amounts.count + 1):
                event = make()
                for _ in range(1 + amounts.duplicate):
                    yield str(event["id"]), partial(signed, event, webhook)
                progress("sending", begun / amounts.count)

        try:
            report = bootstrap.deliver_webhooks(
                kafka,
                url,
                events(),
                concurrency=amounts.concurrency,
                per_second=amounts.per_second,
            )
        except KeyboardInterrupt:
            progress.clear()
            output.say(f"{begun} of {amounts.count} events were sent, the last perhaps not whole")
            raise
    _print(report, format_)
    missing = report.missing()
    if missing:
        output.say(f"the daemon says that these are persisted: {', '.join(missing[:5])}")
        raise typer.Exit(KAFKA_EXIT_CODE)
    refused = [it.answer for it in report.sent if not _taken(it.answer)]
    if refused:
        codes = [1 if answer is None else exit_code(answer) for answer in refused]
        raise typer.Exit(max(codes))


def _taken(answer: WebhookResponse | None) -> bool:
    return answer is not None and answer.status == HTTPStatus.OK


def _print(report: "Report", format_: output.Format) -> None:
    times = sorted(it.seconds * 1000 for it in report.sent)
    answers = Counter("none" if it.answer is None else str(it.answer.status) for it in report.sent)
    outcomes = Counter(it.answer.outcome for it in report.sent if it.answer and it.answer.outcome)
    summary = {
        "events": len({it.event_id for it in report.sent}),
        "deliveries": len(report.sent),
        "answers": dict(answers.most_common()),
        "outcomes": dict(outcomes.most_common()),
        "in_kafka": report.in_kafka.total(),
        "missing": len(report.missing()),
        "latency_ms": {name: _quantile(times, part) for name, part in _QUANTILES.items()},
    }
    if format_ is not output.Format.TABLE:
        steps = [{"up_to_ms": limit, "count": count} for limit, count in _histogram(times)]
        output.print_one({**summary, "histogram": steps}, format_)
        return
    output.print_one(summary, format_)
    most = max((count for _, count in _histogram(times)), default=1)
    for limit, count in _histogram(times):
        bar = "#" * math.ceil(_BAR * count / most)
        sys.stdout.write(f"{'more' if limit is None else f'{limit} ms':>8} {count:>7} {bar}\n")


_QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}


def _quantile(times: Sequence[float], part: float) -> float | None:
    """The least time that this part of them did not exceed."""
    return round(times[max(0, math.ceil(part * len(times)) - 1)], 3) if times else None


def _histogram(times: Sequence[float]) -> list[tuple[int | None, int]]:
    """How many took up to each step, and longer than the one before; None: longer than all."""
    counts = Counter(next((step for step in _STEPS_MS if it <= step), None) for it in times)
    used = [step for step in (*_STEPS_MS, None) if counts[step]]
    return [(step, counts[step]) for step in used]
