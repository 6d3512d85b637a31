"""The file of `--resume`: up to where the source of a replay has been published."""

import json
from collections.abc import Mapping
from pathlib import Path

from paycli.errors import RequestInvalid
from paycli.models import Offsets


class ResumeInvalid(RequestInvalid):
    """The file is not a checkpoint, or that of another replay."""

    code = "resume_invalid"


class Checkpoint:
    """Stores the next offset of each partition of the source.

    `purpose` identifies the replay: source, topic and filters.
    """

    def __init__(self, file: Path | None, purpose: Mapping[str, object]) -> None:
        """Reads the file if it exists; None stores nothing. Raises ResumeInvalid."""
        self._file = file
        self._purpose = json.loads(json.dumps(purpose))
        self.next_offsets: Offsets = {}
        if file is None or not file.exists():
            return
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            purpose, next_offsets = document["purpose"], document["done"]
            self.next_offsets = {int(p): int(offset) for p, offset in next_offsets.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise ResumeInvalid(f"{file} is not a file written by --resume") from None
        if purpose != self._purpose:
            raise ResumeInvalid(
                f"{file} belongs to another replay: pass the same source, topic and filters, or "
                "another file"
            )

    def advance(self, next_offsets: Offsets) -> None:
        """Stores new offsets. The file is replaced atomically."""
        self.next_offsets |= next_offsets
        if self._file is None:
            return
        part = self._file.with_name(f"{self._file.name}.part")
        document = {"purpose": self._purpose, "done": self.next_offsets}
        part.write_text(json.dumps(document) + "\n")
        part.replace(self._file)
