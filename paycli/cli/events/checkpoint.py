"""The file of `--resume`: up to where the source of a replay has been published."""

import json
from collections.abc import Mapping
from pathlib import Path

from paycli.cli.new_file import written_atomically
from paycli.errors import RequestInvalid
from paycli.models import Offsets
from paycli.models.records import INT32_MAX, INT64_MAX


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
            self.next_offsets = {
                _number(int(p), INT32_MAX): _number(offset, INT64_MAX)
                for p, offset in next_offsets.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ResumeInvalid(f"{file} is not a file written by --resume") from None
        if purpose != self._purpose:
            raise ResumeInvalid(
                f"{file} belongs to another replay: pass the same source, topic and filters, or "
                "another file"
            )

    def advance(self, next_offsets: Offsets) -> None:
        """Stores new offsets. The file is replaced atomically. Raises ResumeInvalid."""
        self.next_offsets |= next_offsets
        if self._file is None:
            return
        document = {"purpose": self._purpose, "done": self.next_offsets}
        try:
            with written_atomically(self._file) as out:
                out.write(json.dumps(document).encode() + b"\n")
        except OSError as error:
            raise ResumeInvalid(f"{self._file} can't be written: {error.strerror}") from error


def _number(value: object, maximum: int) -> int:
    if type(value) is not int or not 0 <= value <= maximum:
        raise ValueError("not an integer from 0 to the maximum")
    return value
