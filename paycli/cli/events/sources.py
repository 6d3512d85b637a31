"""Where a replay's records come from: a file that an export wrote, or a topic."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from paycli.cli.progress import ProgressLine
from paycli.models import Offsets
from paycli.settings import KafkaSettings

if TYPE_CHECKING:
    from io import BufferedReader

    from paycli.ops.jsonl import Lines
    from paycli.ops.replay import Batch, Selection


@dataclass(frozen=True, slots=True)
class Source:
    """Reads what is `wanted`, from where an earlier run was `done` to.

    What is opened is closed with the `stack`. Records go to the topic `to`; `said` if somebody
    chose it. They come in batches, of `at_once` records at most.
    """

    stack: ExitStack
    wanted: "Selection"
    to: str
    done: Offsets
    progress: ProgressLine
    at_once: int
    said: bool

    def file(self, name: str) -> "Iterator[Batch]":
        """Those of a file, or of standard input for `-`."""
        from paycli.ops.jsonl import in_lines
        from paycli.ops.replay import from_file

        if name == "-":
            lines = in_lines(cast("BufferedReader", sys.stdin.buffer), self.at_once)
            return from_file(lines, self.wanted, self.to, said=self.said)
        start = self.done.get(0, 0)
        try:
            size = Path(name).stat().st_size
            opened = self.stack.enter_context(Path(name).open("rb"))  # noqa: SIM115  (the stack)
        except OSError as error:
            raise typer.BadParameter(f"{name} can't be read: {error.strerror}") from error
        if start > size:
            raise typer.BadParameter(f"{name} is shorter than --resume remembers it")
        opened.seek(start)
        lines = self._watched(in_lines(opened, self.at_once, start), size)
        return from_file(lines, self.wanted, self.to, said=self.said, start=start)

    def topic(self, kafka: KafkaSettings, name: str) -> "Iterator[Batch]":
        """Those of a topic, up to its end as it is now."""
        from paycli import bootstrap  # the Kafka client
        from paycli.ops.replay import from_topic

        if name != self.to and not self.said:
            raise typer.BadParameter(f"say where they go: --topic {self.to}, or another")
        reader = self.stack.enter_context(bootstrap.reader(kafka, name))
        return from_topic(reader, self.wanted, self.done, self.progress, self.at_once)

    def _watched(self, read: "Iterator[Lines]", size: int) -> "Iterator[Lines]":
        for lines in read:
            self.progress("replaying", lines.behind / size)
            yield lines
