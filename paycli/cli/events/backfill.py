"""`paycli events backfill`: what Stripe has and the topic lacks is published."""

import math
import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli import output, writing
from paycli.cli.explained import exits
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import with_settings
from paycli.cli.times import Since, Until, span
from paycli.settings import KafkaSettings, StripeSettings

if TYPE_CHECKING:
    from paycli.ops.backfill import Plan

_SEEM = "what they told seems missing, and would be published again"


@exits(3, 4, 5)
@with_settings
def backfill(
    *,
    since: Since = None,
    until: Until = None,
    event_type: Annotated[
        list[str] | None,
        typer.Option("--type", help="Only these, by Stripe's name or ours; may be repeated."),
    ] = None,
    account: writing.Account = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is missing, and publish nothing.")
    ] = False,
    live: writing.Live = False,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
    kafka: KafkaSettings,
) -> None:
    """Publishes what Stripe has and the topic lacks, and nothing else. Repeat it as you like.

    It compares Stripe's events of the time, by their ids, with all that was published since.

    Examples:
        paycli events backfill --since 72h --dry-run
        paycli events backfill --since 2026-01-31T12:00:00Z --type PaymentSucceededEvent
    """
    format_ = output.chosen(how, json)
    begin, end = _window(since, until)
    if not dry_run:
        writing.check_consent(stripe, live)
    from paycli import bootstrap  # the SDKs
    from paycli.models import RequestModel

    wanted = RequestModel.from_fields({"account": account})
    with (
        ProgressLine() as progress,
        bootstrap.backfill(stripe, kafka, wanted.account, progress) as backfill_,
    ):
        plan = backfill_.find(begin, end, event_type or ())
        progress.clear()
        if plan.dropped:
            output.say(
                f"warning: {kafka.topic} has dropped records of this time (retention or "
                f"compaction): {_SEEM}"
            )
        if plan.missing and len(plan.missing) == plan.at_stripe.total():
            output.say(f"note: none of them is on {kafka.topic}: is it the right topic?")
        if plan.missing and not dry_run:
            try:
                with bootstrap.publisher(kafka) as publisher:
                    backfill_.publish(plan, publisher)
            finally:
                progress.clear()
                _tell_if_unfinished(plan)
    _print(plan, begin, end, format_, dry_run=dry_run)


def _window(since: str | None, until: str | None) -> tuple[int, int]:
    from paycli.ops.stripe_events_api import KEPT_SECONDS

    begin, end = span(since, until)
    if begin is None:
        raise typer.BadParameter("say from when on: --since 72h")
    if begin < time.time() - KEPT_SECONDS:
        output.say("note: Stripe lists the events of the last 30 days only")
    # Stripe knows whole seconds, and both ends are in its list: the last second is left out.
    last = math.floor(time.time()) if end is None else math.ceil(end) - 1
    return math.floor(begin), last


def _tell_if_unfinished(plan: "Plan") -> None:
    if plan.published < len(plan.missing):
        done = f"{plan.published} of {len(plan.missing)} are published"
        output.say(f"{done}: run it again, it goes on with what is missing")


def _print(plan: "Plan", begin: int, end: int, format_: output.Format, *, dry_run: bool) -> None:
    missing = Counter(it.event.type for it in plan.missing)
    published = Counter(it.event.type for it in plan.missing[: plan.published])
    types = [
        {
            "type": stripe_type,
            "at_stripe": count,
            "missing": missing[stripe_type],
            "published": published[stripe_type],
        }
        for stripe_type, count in sorted(plan.at_stripe.items())
    ]
    from paycli.models import rfc3339

    if format_ is not output.Format.TABLE:
        events = [
            {
                "event_id": it.event.id,
                "stripe_event_type": it.event.type,
                "type": it.told.name,
                "subject": it.told.subject,
                "time": it.told.occurred_at,
            }
            for it in plan.missing
        ]
        summary = {
            "since": rfc3339(begin),
            "until": rfc3339(end),
            "dry_run": dry_run,
            "topic_dropped_records": plan.dropped,
            "at_stripe": plan.at_stripe.total(),
            "missing": len(plan.missing),
            "published": plan.published,
            "types": types,
            "events": events,
        }
        output.print_one(summary, format_)
        return
    output.print_many(types, format_)
    done = "nothing is published (--dry-run)" if dry_run else f"{plan.published} published"
    output.say(f"from {rfc3339(begin)} to {rfc3339(end)}:")
    output.say(f"{plan.at_stripe.total()} at Stripe, {len(plan.missing)} missing, {done}")
