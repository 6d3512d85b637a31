"""Replays events that are fetched from Stripe by id."""

import re
from collections.abc import Sequence

import typer

from paycli.cli.mutations import require_live_flag
from paycli.cli.output import CommandResult
from paycli.settings import KafkaSettings, StripeSettings

_EVENT_ID = re.compile(r"evt_\w{1,250}", re.ASCII)


def replay_from_stripe(
    event_ids: Sequence[str],
    account: str | None,
    kafka: KafkaSettings,
    stripe: StripeSettings,
    *,
    live: bool,
    dry_run: bool,
) -> CommandResult:
    """Fetches, translates and publishes events; returns a row for each.

    Raises BadParameter, StripeFailure, EventNotMapped, KafkaFailure.
    """
    if not dry_run:
        require_live_flag(stripe, live=live)
    for event_id in event_ids:
        if not _EVENT_ID.fullmatch(event_id):
            raise typer.BadParameter(f"--id takes evt_…, not {event_id!r}")
    from paycli import bootstrap  # the SDKs
    from paycli.models import RequestModel

    request = RequestModel.from_fields({"account": account})
    records = bootstrap.records_from_stripe(stripe, kafka, event_ids, request.account)
    if not dry_run:
        with bootstrap.publisher(kafka) as publisher:
            for record in records:
                publisher.publish(record)
    return CommandResult(
        [
            {
                "event_id": dict(record.headers)["ce_id"].decode(),
                "type": dict(record.headers)["__TypeId__"].decode(),
                "subject": record.key.decode(),
                "topic": record.topic,
                "published": not dry_run,
            }
            for record in records
        ]
    )
