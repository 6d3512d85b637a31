"""Our events as they lie on a topic, read back for people."""

import json
from dataclasses import dataclass

from pydantic import JsonValue

from paycli.models import StoredRecord


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """What a record says; None where it says nothing that can be read."""

    partition: int
    offset: int
    event_id: str | None
    type: str | None
    subject: str | None
    time: str | None
    origin: str | None
    data: JsonValue

    @classmethod
    def of(cls, record: StoredRecord) -> "StoredEvent":
        """Reads any record, also one that somebody else wrote."""
        key = record.key.decode("utf-8", "replace") if record.key else None
        try:
            data: JsonValue = json.loads(record.value or b"null")
        except ValueError:
            data = None
        return cls(
            partition=record.partition,
            offset=record.offset,
            event_id=record.header("ce_id"),
            type=record.header("__TypeId__"),
            subject=record.header("ce_subject") or key,
            time=record.header("ce_time"),
            origin=record.header("origin"),
            data=data,
        )
