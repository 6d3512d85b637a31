"""Replays stored records from a file or a topic."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from paycli.cli.events.checkpoint import Checkpoint
from paycli.cli.events.replay_source import ReplaySource
from paycli.cli.output import CommandResult, print_message
from paycli.cli.progress import ProgressLine
from paycli.settings import KafkaSettings

if TYPE_CHECKING:
    from paycli.ops.replay import ReplayBatch, Selection


@dataclass(frozen=True, slots=True)
class StoredReplay:
    """A request to replay the selected records of `file`, or else of `from_topic`.

    `filters` are the options that made the selection, which identify it when a replay resumes.
    `target_confirmed` is whether the user named the target topic.
    """

    file: str | None
    from_topic: str | None
    selection: "Selection"
    filters: Sequence[object]
    target: str
    target_confirmed: bool
    keep_partitions: bool
    per_second: float | None
    resume: Path | None


def replay_stored(request: StoredReplay, kafka: KafkaSettings, *, dry_run: bool) -> CommandResult:
    """Publishes the records, or counts them if `dry_run`; returns the number of each."""
    from paycli.ops.replay import batch_size

    source_name = request.file or request.from_topic
    purpose = {"source": source_name, "topic": request.target, "filters": request.filters}
    checkpoint = Checkpoint(None if dry_run else request.resume, purpose)
    with ExitStack() as stack:
        source = ReplaySource(
            stack=stack,
            selection=request.selection,
            target=request.target,
            target_confirmed=request.target_confirmed,
            next_offsets=checkpoint.next_offsets,
            progress=stack.enter_context(ProgressLine()),
            batch_size=batch_size(request.per_second),
        )
        batches = (
            source.open_file(request.file)
            if request.file is not None
            else source.open_topic(kafka, request.from_topic or "")
        )
        counts = _count(batches) if dry_run else _publish(batches, request, kafka, checkpoint)
    return CommandResult(
        {"source": source_name, "topic": request.target, "dry_run": dry_run, **counts}
    )


def _count(batches: "Iterator[ReplayBatch]") -> dict[str, object]:
    types = Counter(record.header("__TypeId__") for batch in batches for record in batch.records)
    return {"selected": types.total(), "published": 0, "types": dict(types.most_common())}


def _publish(
    batches: "Iterator[ReplayBatch]",
    request: StoredReplay,
    kafka: KafkaSettings,
    checkpoint: Checkpoint,
) -> dict[str, object]:
    from paycli import bootstrap  # the Kafka client
    from paycli.ops.replay import replay

    count = 0
    try:
        with bootstrap.publisher(kafka, request.target) as publisher:
            for persisted, next_offsets in replay(
                batches,
                publisher,
                request.target,
                keep_partitions=request.keep_partitions,
                per_second=request.per_second,
            ):
                count = persisted
                checkpoint.advance(next_offsets)
    except BaseException:
        print_message(f"\n{count} records are confirmed as published")
        raise
    return {"selected": count, "published": count}
