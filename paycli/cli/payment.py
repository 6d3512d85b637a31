"""`paycli payment`."""

import math
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli.exit_codes import STRIPE_FAILED, exits
from paycli.cli.help import PaycliTyper
from paycli.cli.options import Account
from paycli.cli.output import CommandResult, TableView, print_message, prints_result
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import Row, format_amount, list_table
from paycli.cli.times import Since, Until, parse_time_range
from paycli.printable import shell_word
from paycli.settings import KafkaSettings, StripeSettings

if TYPE_CHECKING:
    from paycli.models import ListPayments, Payment
    from paycli.ops.timeline import TimelineEntry
    from paycli.payments.payments import Payments

app = PaycliTyper()

_MISSING = "MISSING"


@app.callback()
def _group() -> None:
    """Keeps `timeline` a subcommand: Typer merges the only command of a group into the group."""


@exits(3, 4, 5)
@with_settings
@prints_result
def timeline(
    payment_id: Annotated[str | None, typer.Argument(help="The payment: pi_… or cs_…")] = None,
    *,
    reference: Annotated[
        str | None, typer.Option(help="All payments with this reference instead.")
    ] = None,
    since: Since = None,
    until: Until = None,
    account: Account = None,
    stripe: StripeSettings,
    kafka: KafkaSettings,
) -> CommandResult:
    """Show all events of a payment, at Stripe and in Kafka, and which are missing in Kafka.

    It starts when the payment was created. Stripe lists events for 30 days.

    Examples:
        paycli payment timeline pi_3MtwBwLkdIwHu7ix28a3tqPa
        paycli payment timeline --reference booking-42 -o json
    """
    if (payment_id is None) == (reference is None):
        raise typer.BadParameter("pass either a payment id or --reference")
    begin, end = parse_time_range(since, until)
    from paycli import bootstrap  # the SDKs
    from paycli.models import ListPayments
    from paycli.ops.stripe_events_api import RETENTION_SECONDS
    from paycli.ops.timeline import build_timeline

    request = ListPayments.from_fields({"account": account, "reference": reference, "limit": 100})
    use_cases = bootstrap.use_cases(stripe).payments
    payments: Sequence[Payment] = (
        _all_payments(use_cases, request)
        if payment_id is None
        else [use_cases.get(payment_id, request.account)]
    )
    if not payments:
        print_message("no payment has this reference; Stripe finds a new one after a minute")
        raise typer.Exit(STRIPE_FAILED)
    ids = {name for payment in payments for name in (payment.id, payment.payment_id) if name}
    if begin is None:
        begin = min(datetime.fromisoformat(each.created_at).timestamp() for each in payments)
    listed_since = time.time() - RETENTION_SECONDS
    if begin < listed_since:
        print_message("note: Stripe lists only events of the last 30 days; Kafka may have older")
    last = int(time.time()) if end is None else math.ceil(end) - 1
    with bootstrap.topic_readers(kafka) as readers, ProgressLine() as progress:
        stripe_events = bootstrap.stripe_events_reader(stripe, request.account)
        entries = build_timeline(stripe_events, readers, ids, math.floor(begin), last, progress)
    replay_options = f" --account {shell_word(request.account)}" if request.account else ""
    replay_options += " --live" if stripe.livemode else ""
    not_listed_before = math.ceil(listed_since) if begin < listed_since else None
    return _result(payments, entries, kafka.topic, replay_options, not_listed_before)


def _all_payments(use_cases: "Payments", request: "ListPayments") -> list["Payment"]:
    """Returns the payments of every page of a list."""
    page = use_cases.list(request)
    payments = [*page.data]
    while page.next_cursor is not None:
        page = use_cases.list(request.model_copy(update={"cursor": page.next_cursor}))
        payments += page.data
    return payments


def _result(
    payments: "Sequence[Payment]",
    entries: "Sequence[TimelineEntry]",
    topic: str,
    replay_options: str,
    not_listed_before: int | None,
) -> CommandResult:
    from paycli.models import rfc3339

    missing = [entry.event_id for entry in entries if entry.missing]
    ids = " ".join(f"--id {shell_word(event_id)}" for event_id in missing)
    replay = f"{len(missing)} missing in Kafka: paycli events replay {ids}{replay_options}"
    return CommandResult(
        {
            "payments": [payment.model_dump(exclude={"client_secret"}) for payment in payments],
            "entries": [_entry(entry) for entry in entries],
            "missing": missing,
            # The start of what Stripe lists; null if that is everything.
            "listed_since": None if not_listed_before is None else rfc3339(not_listed_before),
        },
        table=TableView(
            list_table([_table_row(entry, topic) for entry in entries], highlight=_MISSING),
            above=[_heading(payment) for payment in payments],
            below=[] if missing else [f"{len(entries)} events, none missing in Kafka"],
        ),
        messages=[replay] if missing else [],
    )


def _heading(payment: "Payment") -> str:
    amount = format_amount(payment.amount, payment.currency)
    return f"{payment.id}  {payment.status}  {amount}  {payment.reference or '-'}"


def _table_row(entry: "TimelineEntry", topic: str) -> Row:
    first = entry.records[0].event if entry.records else None
    stripe_object = entry.stripe.object if entry.stripe else None
    status = first.field("status") if first else (stripe_object or {}).get("status")
    places = [
        f"{'' if record.topic == topic else record.topic + ' '}"
        f"@{record.event.partition}/{record.event.offset} {record.event.origin}"
        for record in entry.records
    ]
    return {
        "time": entry.time,
        "event": entry.type,
        "status": status,
        "at_stripe": entry.event_id if entry.stripe else "not listed",
        "in_kafka": ", ".join(places) or _MISSING,
    }


def _entry(entry: "TimelineEntry") -> Row:
    return {
        "event_id": entry.event_id,
        "type": entry.type,
        "time": entry.time,
        "stripe_event_type": entry.stripe.type if entry.stripe else None,
        "at_stripe": entry.stripe is not None,
        "missing": entry.missing,
        "records": [
            {
                "topic": record.topic,
                "partition": record.event.partition,
                "offset": record.event.offset,
                "origin": record.event.origin,
                "published_at": record.event.published_at,
            }
            for record in entry.records
        ],
    }


app.add(timeline)
