"""Opens the source of a replay: an exported file, standard input, or a topic."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from paycli.cli.progress import ProgressLine
from paycli.models import Offsets
from paycli.printable import shell_word
from paycli.settings import KafkaSettings

if TYPE_CHECKING:
    from io import BufferedReader

    from paycli.ops.jsonl import LineBatch
    from paycli.ops.replay import ReplayBatch, Selection


@dataclass(frozen=True, slots=True)
class ReplaySource:
    """Opens sources, which `stack` closes, and reads the selected records in batches.

    `target` is the topic that records go to, `target_confirmed` whether the user named it.
    `next_offsets` are where an earlier run stopped.
    """

    stack: ExitStack
    selection: "Selection"
    target: str
    target_confirmed: bool
    next_offsets: Offsets
    progress: ProgressLine
    batch_size: int

    def open_file(self, name: str) -> "Iterator[ReplayBatch]":
        """Reads a file, or standard input for `-`. Raises BadParameter."""
        from paycli.ops.jsonl import read_lines
        from paycli.ops.replay import batches_from_file

        if name == "-":
            lines = read_lines(cast("BufferedReader", sys.stdin.buffer), self.batch_size)
            return batches_from_file(
                lines, self.selection, self.target, topic_confirmed=self.target_confirmed
            )
        start = self.next_offsets.get(0, 0)
        try:
            size = Path(name).stat().st_size
            file = self.stack.enter_context(Path(name).open("rb"))  # noqa: SIM115  (the stack)
        except OSError as error:
            raise typer.BadParameter(f"{name} can't be read: {error.strerror}") from error
        if start > size:
            raise typer.BadParameter(f"{name} is shorter than when --resume was written")
        file.seek(start)
        lines = self._with_progress(read_lines(file, self.batch_size, start), size)
        return batches_from_file(
            lines,
            self.selection,
            self.target,
            topic_confirmed=self.target_confirmed,
            start=start,
        )

    def open_topic(self, kafka: KafkaSettings, name: str) -> "Iterator[ReplayBatch]":
        """Reads a topic up to its current end. Raises BadParameter, KafkaFailure."""
        from paycli import bootstrap  # the Kafka client
        from paycli.ops.replay import batches_from_topic

        if name != self.target and not self.target_confirmed:
            raise typer.BadParameter(
                f"confirm the target with --topic {shell_word(self.target)}, or name another"
            )
        reader = self.stack.enter_context(bootstrap.reader(kafka, name))
        return batches_from_topic(
            reader, self.selection, self.next_offsets, self.progress, self.batch_size
        )

    def _with_progress(
        self, line_batches: "Iterator[LineBatch]", size: int
    ) -> "Iterator[LineBatch]":
        for line_batch in line_batches:
            self.progress("replaying", line_batch.end_position / size)
            yield line_batch
