"""`paycli events replay`."""

from pathlib import Path
from typing import Annotated

import typer

from paycli.cli.events.replay_from_stripe import replay_from_stripe
from paycli.cli.events.replay_stored import StoredReplay, replay_stored
from paycli.cli.events.selection import (
    EventTypes,
    OffsetRanges,
    PaymentIds,
    check_types,
    topic_range,
)
from paycli.cli.exit_codes import exits
from paycli.cli.lazy_settings import LazySettings
from paycli.cli.mutations import Live
from paycli.cli.options import Account
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.settings_options import with_settings
from paycli.cli.times import Since, Until
from paycli.settings import KafkaSettings, StripeSettings


@exits(3, 4, 5)
@with_settings
@prints_result
def replay(
    file: Annotated[
        str | None, typer.Argument(help="A file written by export, or - for standard input.")
    ] = None,
    *,
    from_topic: Annotated[
        str | None, typer.Option(help="Replay this topic, up to its current end.")
    ] = None,
    event_id: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            help="evt_…: with a file or topic only this event, else fetch it from Stripe; "
            "repeatable.",
        ),
    ] = None,
    payment: PaymentIds = None,
    event_type: EventTypes = None,
    since: Since = None,
    until: Until = None,
    offsets: OffsetRanges = None,
    topic: Annotated[
        str | None, typer.Option(help="Publish to this topic instead of the one in the settings.")
    ] = None,
    keep_partitions: Annotated[
        bool, typer.Option("--keep-partitions", help="Keep each record's partition.")
    ] = False,
    rate: Annotated[
        float | None, typer.Option(help="At most this number of records a second.", min=0.001)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count the selected records.")
    ] = False,
    resume: Annotated[
        Path | None,
        typer.Option(help="Store the progress in this file, and continue from it."),
    ] = None,
    account: Account = None,
    live: Live = False,
    kafka: KafkaSettings,
    stripe: LazySettings[StripeSettings],
) -> CommandResult:
    """Replay stored records from a file or a topic, or Stripe events by id.

    Stored records keep key, value, headers and time, byte for byte. Consumers that have seen an
    event drop it as a duplicate by its ce_id.

    Examples:
        paycli events replay payments.jsonl --type PaymentSucceededEvent --dry-run
        paycli events replay --from-topic payments.events --topic payments.copy
        paycli events replay --id evt_1NG8Du2eZvKYlo2CUI79vXWy
    """
    if file is not None and from_topic is not None:
        raise typer.BadParameter("pass one source: FILE or --from-topic")
    if file is None and from_topic is None:
        if not event_id:
            raise typer.BadParameter("pass a source: FILE, --from-topic TOPIC, or --id evt_…")
        if any((payment, event_type, since, until, offsets, resume, keep_partitions)):
            raise typer.BadParameter("events from Stripe are selected by --id only")
        if topic is not None:
            raise typer.BadParameter("--topic applies to stored records only")
        return replay_from_stripe(event_id, account, kafka, stripe(), live=live, dry_run=dry_run)
    if account is not None or live:
        raise typer.BadParameter("--account and --live apply to events from Stripe only")
    from paycli.ops.replay import Selection

    request = StoredReplay(
        file=file,
        from_topic=from_topic,
        selection=Selection(
            ids=frozenset(event_id or ()),
            payments=frozenset(payment or ()),
            types=frozenset(check_types(event_type)),
            range=topic_range(since, until, offsets),
        ),
        filters=[event_id, payment, event_type, since, until, offsets],
        target=topic or kafka.topic,
        target_confirmed=topic is not None,
        keep_partitions=keep_partitions,
        per_second=rate,
        resume=resume,
    )
    return replay_stored(request, kafka, dry_run=dry_run)
