"""`paycli events backfill`."""

import math
import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli.events.selection import EventTypes
from paycli.cli.exit_codes import exits
from paycli.cli.mutations import Live, require_live_flag
from paycli.cli.options import Account
from paycli.cli.output import CommandResult, TableView, print_message, prints_result
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import list_table
from paycli.cli.times import Since, Until, parse_time_range
from paycli.settings import KafkaSettings, StripeSettings

if TYPE_CHECKING:
    from paycli.ops.backfill import BackfillPlan


@exits(3, 4, 5)
@with_settings
@prints_result
def backfill(
    *,
    since: Since = None,
    until: Until = None,
    event_type: EventTypes = None,
    account: Account = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only report the missing events.")
    ] = False,
    live: Live = False,
    stripe: StripeSettings,
    kafka: KafkaSettings,
) -> CommandResult:
    """Publish the events that Stripe has and the topic lacks. It is safe to repeat.

    It compares the ids of Stripe's events in the time range with those of all events published
    since.

    Examples:
        paycli events backfill --since 72h --dry-run
        paycli events backfill --since 2026-01-31T12:00:00Z --type PaymentSucceededEvent
    """
    begin, last = _seconds(since, until)
    if not dry_run:
        require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDKs
    from paycli.models import RequestModel

    request = RequestModel.from_fields({"account": account})
    with (
        ProgressLine() as progress,
        bootstrap.backfill(stripe, kafka, request.account, progress) as use_case,
    ):
        plan = use_case.find_missing(begin, last, event_type or ())
        progress.clear()
        _warn(plan, kafka.topic)
        if plan.missing and not dry_run:
            try:
                with bootstrap.publisher(kafka) as publisher:
                    use_case.publish(plan, publisher)
            finally:
                progress.clear()
                _report_if_incomplete(plan)
    return _result(plan, begin, last, dry_run=dry_run)


def _seconds(since: str | None, until: str | None) -> tuple[int, int]:
    """Returns the first and the last second of the range. Raises BadParameter."""
    from paycli.ops.stripe_events_api import RETENTION_SECONDS

    begin, end = parse_time_range(since, until)
    if begin is None:
        raise typer.BadParameter("pass a start time, such as --since 72h")
    if begin < time.time() - RETENTION_SECONDS:
        print_message("note: Stripe lists only events of the last 30 days")
    # Stripe's times are whole seconds and its ranges include both ends, so the last is left out.
    last = math.floor(time.time()) if end is None else math.ceil(end) - 1
    return math.floor(begin), last


def _warn(plan: "BackfillPlan", topic: str) -> None:
    if plan.dropped:
        print_message(
            f"warning: {topic} has dropped records of this time (retention or compaction): their "
            "events seem missing, and would be published again"
        )
    if plan.missing and len(plan.missing) == plan.at_stripe.total():
        print_message(f"note: none of these events is on {topic}: is it the right topic?")


def _report_if_incomplete(plan: "BackfillPlan") -> None:
    if plan.published < len(plan.missing):
        print_message(
            f"{plan.published} of {len(plan.missing)} published: run the command again to publish "
            "the rest"
        )


def _result(plan: "BackfillPlan", begin: int, last: int, *, dry_run: bool) -> CommandResult:
    from paycli.models import rfc3339

    missing = Counter(each.event.type for each in plan.missing)
    published = Counter(each.event.type for each in plan.missing[: plan.published])
    types = [
        {
            "type": stripe_type,
            "at_stripe": count,
            "missing": missing[stripe_type],
            "published": published[stripe_type],
        }
        for stripe_type, count in sorted(plan.at_stripe.items())
    ]
    outcome = "nothing published (--dry-run)" if dry_run else f"{plan.published} published"
    return CommandResult(
        {
            "since": rfc3339(begin),
            "until": rfc3339(last),
            "dry_run": dry_run,
            "topic_dropped_records": plan.dropped,
            "at_stripe": plan.at_stripe.total(),
            "missing": len(plan.missing),
            "published": plan.published,
            "types": types,
            "events": [
                {
                    "event_id": each.event.id,
                    "stripe_event_type": each.event.type,
                    "type": each.translated.name,
                    "subject": each.translated.subject,
                    "time": each.translated.occurred_at,
                }
                for each in plan.missing
            ],
        },
        table=TableView(
            list_table(types),
            below=[
                f"from {rfc3339(begin)} to {rfc3339(last)}:",
                f"{plan.at_stripe.total()} at Stripe, {len(plan.missing)} missing, {outcome}",
            ],
        ),
    )
