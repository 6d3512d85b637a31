"""`paycli events replay`: stored records, or Stripe's events by id, are published again."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli import output, writing
from paycli.cli.events.checkpoint import Checkpoint
from paycli.cli.events.choosing import OffsetRanges, Payments, Types, check_types, window
from paycli.cli.events.sources import Source
from paycli.cli.explained import exits
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import Later, with_settings
from paycli.cli.times import Since, Until
from paycli.settings import KafkaSettings, StripeSettings

if TYPE_CHECKING:
    from paycli.ops.replay import Batch

_EVENT_ID = re.compile(r"evt_\w{1,250}", re.ASCII)


@exits(3, 4, 5)
@with_settings
def replay(
    file: Annotated[
        str | None, typer.Argument(help="What an export wrote, or - for standard input.")
    ] = None,
    *,
    from_topic: Annotated[
        str | None, typer.Option(help="Records of this topic, up to its end as it is now.")
    ] = None,
    event_id: Annotated[
        list[str] | None,
        typer.Option(
            "--id", help="evt_…: fetched from Stripe, or only these of a file or topic; repeatable."
        ),
    ] = None,
    payment: Payments = None,
    event_type: Types = None,
    since: Since = None,
    until: Until = None,
    offsets: OffsetRanges = None,
    topic: Annotated[
        str | None, typer.Option(help="Where they go, if not to the topic of the settings.")
    ] = None,
    keep_partitions: Annotated[
        bool, typer.Option("--keep-partitions", help="Not by key, but where they were.")
    ] = False,
    rate: Annotated[
        float | None, typer.Option(help="At most so many records a second.", min=0.001)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be published, and publish nothing.")
    ] = False,
    resume: Annotated[
        Path | None,
        typer.Option(help="Keeps in this file how far it has come, and goes on there."),
    ] = None,
    account: writing.Account = None,
    live: writing.Live = False,
    how: output.Output = None,
    json: output.Json = False,
    kafka: KafkaSettings,
    stripe: Later[StripeSettings],
) -> None:
    """Publishes records again: of a file, of a topic, or of Stripe's events by id.

    Stored records keep key, value, headers and time to the byte. Consumers drop them as duplicates
    by ce_id, unless they have not seen them.

    Examples:
        paycli events replay payments.jsonl --type PaymentSucceededEvent --dry-run
        paycli events replay --from-topic payments.events --topic payments.copy
        paycli events replay --id evt_1NG8Du2eZvKYlo2CUI79vXWy
    """
    format_ = output.chosen(how, json)
    if file is not None and from_topic is not None:
        raise typer.BadParameter("say one source: FILE or --from-topic")
    to = topic or kafka.topic
    if file is None and from_topic is None:
        if not event_id:
            raise typer.BadParameter("say what: FILE, --from-topic TOPIC, or --id evt_… of Stripe")
        _check_only_ids(payment, event_type, since, until, offsets, resume, keep_partitions)
        if topic is not None:
            raise typer.BadParameter("--topic goes with stored records: Stripe's have theirs")
        _from_stripe(event_id, account, kafka, stripe(), format_, live=live, dry_run=dry_run)
        return
    if account is not None or live:
        raise typer.BadParameter("--account and --live go with events from Stripe only")
    from paycli.ops.replay import Selection, at_once

    wanted = Selection(
        ids=frozenset(event_id or ()),
        payments=frozenset(payment or ()),
        types=frozenset(check_types(event_type)),
        window=window(since, until, offsets),
    )
    purpose = {
        "source": file or from_topic,
        "topic": to,
        "filters": [event_id, payment, event_type, since, until, offsets],
    }
    checkpoint = Checkpoint(None if dry_run else resume, purpose)
    with ExitStack() as stack:
        progress = stack.enter_context(ProgressLine())
        source = Source(
            stack, wanted, to, checkpoint.done, progress, at_once(rate), said=topic is not None
        )
        batches = source.file(file) if file is not None else source.topic(kafka, from_topic or "")
        summary = (
            _count(batches)
            if dry_run
            else _publish(batches, kafka, to, checkpoint, rate, keep_partitions=keep_partitions)
        )
    told = {"source": purpose["source"], "topic": to, "dry_run": dry_run, **summary}
    output.print_one(told, format_)


def _count(batches: "Iterator[Batch]") -> dict[str, object]:
    types = Counter(it.header("__TypeId__") for batch in batches for it in batch.records)
    return {"selected": types.total(), "published": 0, "types": dict(types.most_common())}


def _publish(
    batches: "Iterator[Batch]",
    kafka: KafkaSettings,
    to: str,
    checkpoint: Checkpoint,
    rate: float | None,
    *,
    keep_partitions: bool,
) -> dict[str, object]:
    from paycli import bootstrap  # the Kafka client
    from paycli.ops.replay import replay as publish_again

    count = 0
    try:
        with bootstrap.publisher(kafka, to) as publisher:
            told = publish_again(
                batches, publisher, to, keep_partitions=keep_partitions, per_second=rate
            )
            for persisted, behind in told:
                count = persisted
                checkpoint.keep(behind)
    except BaseException:
        output.say(f"\n{count} records are known to be published")
        raise
    return {"selected": count, "published": count}


def _from_stripe(
    event_ids: Sequence[str],
    account: str | None,
    kafka: KafkaSettings,
    stripe: StripeSettings,
    format_: output.Format,
    *,
    live: bool,
    dry_run: bool,
) -> None:
    """Fetches events, tells them as webhooks are told, and publishes them."""
    if not dry_run:
        writing.check_consent(stripe, live)
    for each in event_ids:
        if not _EVENT_ID.fullmatch(each):
            raise typer.BadParameter(f"--id takes evt_…, not {each!r}")
    from paycli import bootstrap  # the SDKs
    from paycli.models import RequestModel

    wanted = RequestModel.from_fields({"account": account})
    records = bootstrap.records_from_stripe(stripe, kafka, event_ids, wanted.account)
    if not dry_run:
        with bootstrap.publisher(kafka) as publisher:
            for record in records:
                publisher.publish(record)
    rows = [
        {
            "event_id": dict(record.headers)["ce_id"].decode(),
            "type": dict(record.headers)["__TypeId__"].decode(),
            "subject": record.key.decode(),
            "topic": record.topic,
            "published": not dry_run,
        }
        for record in records
    ]
    output.print_many(rows, format_)


def _check_only_ids(*others: object) -> None:
    if any(others):
        raise typer.BadParameter("events from Stripe are chosen by --id alone")
