"""Where a replay has come to, in a file: another run with the same purpose goes on there."""

import json
from collections.abc import Mapping
from pathlib import Path

from paycli.errors import RequestInvalid
from paycli.models import Offsets


class ResumeInvalid(RequestInvalid):
    """The file is of another replay, or of something else."""

    code = "resume_invalid"


class Checkpoint:
    """Keeps where each lane goes on; `purpose` tells apart what must not be mixed."""

    def __init__(self, file: Path | None, purpose: Mapping[str, object]) -> None:
        """Without a file nothing is kept. Raises ResumeInvalid."""
        self._file = file
        self._purpose = json.loads(json.dumps(purpose))
        self.done: Offsets = {}
        if file is None or not file.exists():
            return
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            purpose, done = told["purpose"], told["done"]
            self.done = {int(lane): int(at) for lane, at in done.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise ResumeInvalid(f"{file} is no file of --resume") from None
        if purpose != self._purpose:
            raise ResumeInvalid(
                f"{file} is of another replay: give the same source, topic and filters, or "
                "another file"
            )

    def keep(self, done: Offsets) -> None:
        """Lanes that have come further; the file is whole at any time."""
        self.done |= done
        if self._file is None:
            return
        part = self._file.with_name(f"{self._file.name}.part")
        part.write_text(json.dumps({"purpose": self._purpose, "done": self.done}) + "\n")
        part.replace(self._file)
