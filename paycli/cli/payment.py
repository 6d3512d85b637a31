"""`paycli payment`: what happened to a payment, at Stripe and in Kafka."""

import math
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli import output, writing
from paycli.cli.explained import Application, exits
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import with_settings
from paycli.cli.times import Since, Until, span
from paycli.settings import KafkaSettings, StripeSettings

if TYPE_CHECKING:
    from paycli.models import Payment
    from paycli.ops.timeline import Entry

app = Application()

_MISSING = "MISSING"


@app.callback()
def _group() -> None:
    """Keeps `timeline` a command of its own: Typer would merge an only one into its group."""


@exits(3, 4, 5)
@with_settings
def timeline(
    payment_id: Annotated[str | None, typer.Argument(help="pi_… or cs_…")] = None,
    *,
    reference: Annotated[
        str | None, typer.Option(help="Instead: all payments with this reference.")
    ] = None,
    since: Since = None,
    until: Until = None,
    account: writing.Account = None,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
    kafka: KafkaSettings,
) -> None:
    """Tells everything that happened to a payment: at Stripe, in Kafka, and what is missing.

    By default from when it was created on. Stripe lists 30 days.

    Examples:
        paycli payment timeline pi_3MtwBwLkdIwHu7ix28a3tqPa
        paycli payment timeline --reference booking-42 -o json
    """
    format_ = output.chosen(how, json)
    if (payment_id is None) == (reference is None):
        raise typer.BadParameter("say which: a payment's id, or --reference")
    begin, end = span(since, until)
    from paycli import bootstrap  # the SDKs
    from paycli.models import ListPayments
    from paycli.ops.stripe_events_api import KEPT_SECONDS
    from paycli.ops.timeline import timeline as told

    wanted = ListPayments.from_fields({"account": account, "reference": reference, "limit": 100})
    payments = bootstrap.payments(stripe)
    found: Sequence[Payment] = (
        payments.list(wanted).data
        if payment_id is None
        else [payments.get(payment_id, wanted.account)]
    )
    if not found:
        output.say("no payment has this reference; Stripe finds a new one after a minute")
        raise typer.Exit(4)
    ids = {name for it in found for name in (it.id, it.payment_id) if name}
    if begin is None:
        begin = min(datetime.fromisoformat(it.created_at).timestamp() for it in found)
    if begin < time.time() - KEPT_SECONDS:
        output.say("note: Stripe lists the events of the last 30 days only; Kafka may have others")
    last = int(time.time()) if end is None else math.ceil(end) - 1
    with bootstrap.topic_readers(kafka) as readers, ProgressLine() as progress:
        log = bootstrap.stripe_events_reader(stripe, wanted.account)
        entries = told(log, readers, ids, math.floor(begin), last, progress)
    more = f" --account {wanted.account}" if wanted.account else ""
    more += " --live" if stripe.livemode else ""
    _print(found, entries, kafka.topic, format_, more)


def _print(
    payments: "Sequence[Payment]",
    entries: "Sequence[Entry]",
    topic: str,
    how: output.Format,
    more: str,
) -> None:
    """`more` is what a replay needs besides the events' ids."""
    missing = [entry.event_id for entry in entries if entry.missing]
    if how is output.Format.TABLE:
        for it in payments:
            amount = output.amount_written(it.amount, it.currency)
            output.say(f"{it.id}  {it.status}  {amount}  {it.reference or '-'}")
        output.print_many([_row(entry, topic) for entry in entries], how, alarm=_MISSING)
    else:
        output.print_one(
            {
                "payments": [it.model_dump(exclude={"client_secret"}) for it in payments],
                "entries": [_told(entry) for entry in entries],
                "missing": missing,
            },
            how,
        )
    if missing:
        ids = " ".join(f"--id {event_id}" for event_id in missing)
        output.say(f"{len(missing)} missing in Kafka: paycli events replay {ids}{more}")
    elif how is output.Format.TABLE:
        output.say(f"{len(entries)} in all, none missing in Kafka")


def _row(entry: "Entry", topic: str) -> output.Row:
    first = entry.copies[0].event if entry.copies else None
    it = entry.stripe.object if entry.stripe else None
    status = first.field("status") if first else (it or {}).get("status")
    places = [
        f"{'' if copy.topic == topic else copy.topic + ' '}"
        f"@{copy.event.partition}/{copy.event.offset} {copy.event.origin}"
        for copy in entry.copies
    ]
    return {
        "time": entry.time,
        "event": entry.type,
        "status": status,
        "at_stripe": entry.event_id if entry.stripe else "not listed",
        "in_kafka": ", ".join(places) or _MISSING,
    }


def _told(entry: "Entry") -> output.Row:
    return {
        "event_id": entry.event_id,
        "type": entry.type,
        "time": entry.time,
        "stripe_event_type": entry.stripe.type if entry.stripe else None,
        "at_stripe": entry.stripe is not None,
        "missing": entry.missing,
        "records": [
            {
                "topic": copy.topic,
                "partition": copy.event.partition,
                "offset": copy.event.offset,
                "origin": copy.event.origin,
                "published_at": copy.event.published_at,
            }
            for copy in entry.copies
        ],
    }


app.add(timeline)
