"""The ids of the events' schemas in a registry: a file, and the header `__value_schema_id`.

`paycli schemas publish` writes the file; the daemon and the commands that publish read it, so that
none of them needs the registry:

    {"payments.PaymentSucceededEvent.v1": {"id": 7, "guid": null}, …}

The header's value is that of Confluent's serializers
(https://github.com/confluentinc/confluent-kafka-python, `SchemaId`): the byte 1 and the 16 bytes of
the GUID; for a registry without GUIDs the byte 0 and the id, as before the value in Confluent's
older format.
"""

import json
import struct
from collections.abc import Iterable, Mapping
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from paycli.events.cloudevents import ce_type
from paycli.events.types import BaseEvent
from paycli.models import RegisteredSchema

_MAX_ID = 2**31 - 1
"""Java's consumers read the id as an `int`."""


class _SchemaId(BaseModel, extra="ignore"):
    id: Annotated[int, Field(strict=True, ge=0, le=_MAX_ID)]
    guid: UUID | None = None

    def header_value(self) -> bytes:
        if self.guid is not None:
            return b"\x01" + self.guid.bytes
        return struct.pack(">bI", 0, self.id)


_FILE = TypeAdapter(dict[str, _SchemaId])


def to_text(schemas: Mapping[str, RegisteredSchema]) -> str:
    """Returns the file's text for the schemas by CloudEvents type."""
    ids = {name: {"id": each.id, "guid": each.guid} for name, each in sorted(schemas.items())}
    return json.dumps(ids, indent=2) + "\n"


def header_values(text: bytes, kinds: Iterable[type[BaseEvent]]) -> dict[str, bytes]:
    """Returns the header's value for each of our events by its name, from the file's text.

    Raises:
        ValueError: the text is not that of such a file, or lacks an event; the message says which.
    """
    try:
        ids = _FILE.validate_json(text)
    except ValidationError:
        raise ValueError("is not a file that paycli schemas publish --ids-file writes") from None
    types = {kind.__name__: ce_type(kind.__name__, kind.version) for kind in kinds}
    missing = sorted(set(types.values()) - ids.keys())
    if missing:
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ValueError(
            f"lacks {missing[0]}{others}: write it again with paycli schemas publish --ids-file"
        )
    return {name: ids[type_].header_value() for name, type_ in types.items()}
