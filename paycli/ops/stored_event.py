"""Our events, read back from stored records."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime

from pydantic import JsonValue
from pydantic_core import from_json

from paycli.models import StoredRecord


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """The event of a stored record; a field is None where the record has no readable value."""

    partition: int
    offset: int
    event_id: str | None
    type: str | None
    subject: str | None
    time: str | None
    origin: str | None
    published_at: str | None
    data: JsonValue

    def field(self, name: str) -> JsonValue:
        """Returns a field of the event data, None if it is missing."""
        return self.data.get(name) if isinstance(self.data, dict) else None

    def as_row(self) -> dict[str, JsonValue]:
        """Returns all fields by name, as they are printed; `asdict` would copy the event data."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_record(cls, record: StoredRecord) -> "StoredEvent":
        """Reads any record, including those of other producers."""
        key = record.key.decode("utf-8", "replace") if record.key else None
        try:
            # Unlike json.loads, it limits the depth and refuses NaN and lone surrogates.
            data: JsonValue = from_json(record.value or b"null", allow_inf_nan=False)
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
            published_at=_rfc3339(record.timestamp_ms),
            data=data,
        )


def _rfc3339(timestamp_ms: int | None) -> str | None:
    if timestamp_ms is None:
        return None
    try:
        moment = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
