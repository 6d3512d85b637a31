"""The ids of the events' schemas in a registry: a file, and the header `__value_schema_id`.

`paycli schemas publish` writes the file; the daemon and the commands that publish read it, so that
none of them needs the registry. It has each version of a schema by the SHA-256 of its text, so that
every release finds the ids of its own schemas, also while two of them run:

    {"payments.PaymentSucceededEvent.v1": {"sha256:9f86…": {"id": 7, "guid": null}, …}, …}

The header's value is that of Confluent's serializers
(https://github.com/confluentinc/confluent-kafka-python, `SchemaId`): the byte 1 and the 16 bytes of
the GUID; for a registry without GUIDs the byte 0 and the id, as before the value in Confluent's
older format.
"""

import hashlib
import json
import struct
from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from paycli.events.cloudevents import ce_type
from paycli.events.json_schema import draft_07_text
from paycli.events.types import BaseEvent
from paycli.models import MAX_SCHEMA_ID, RegisteredSchema


class _SchemaId(BaseModel, extra="ignore"):
    id: Annotated[int, Field(strict=True, ge=0, le=MAX_SCHEMA_ID)]
    guid: UUID | None = None

    def header_value(self) -> bytes:
        if self.guid is not None:
            return b"\x01" + self.guid.bytes
        return struct.pack(">bI", 0, self.id)


_Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]

SchemaIds = dict[str, dict[_Digest, _SchemaId]]
"""By CloudEvents type and digest, the version that was added last at the end."""

_FILE = TypeAdapter(SchemaIds)


def parse(text: bytes) -> SchemaIds:
    """Returns the ids in the file's text. Raises ValueError if it is not that of such a file."""
    try:
        return _FILE.validate_json(text)
    except ValidationError:
        raise ValueError("is not a file that paycli schemas publish --ids-file writes") from None


def add(ids: SchemaIds, type_: str, schema: str, registered: RegisteredSchema) -> None:
    """Adds the id of a schema, by its text; the ids of its other versions stay.

    Raises ValueError if the same schema has another id: the file is about another registry.
    """
    versions, digest = ids.setdefault(type_, {}), _digest(schema)
    if digest in versions and versions[digest].id != registered.id:
        raise ValueError(
            f"has another id for {type_}, as if from another registry: name a file that only this "
            "registry's ids are written to"
        )
    guid = None if registered.guid is None else UUID(registered.guid)
    versions[digest] = _SchemaId(id=registered.id, guid=guid)


def to_text(ids: SchemaIds) -> str:
    """Returns the file's text."""
    return json.dumps(_FILE.dump_python(dict(sorted(ids.items())), mode="json"), indent=2) + "\n"


def header_values(text: bytes, kinds: Iterable[type[BaseEvent]]) -> dict[str, bytes]:
    """Returns the header's value for each of our events by its name, from the file's text.

    Raises:
        ValueError: the text is not that of such a file, or lacks the schema that an event has in
            this release; the message says which.
    """
    ids = parse(text)
    headers: dict[str, bytes] = {}
    missing: list[str] = []
    for kind in kinds:
        type_ = ce_type(kind.__name__, kind.version)
        found = ids.get(type_, {}).get(_digest(draft_07_text(kind)))
        if found is None:
            missing.append(type_)
        else:
            headers[kind.__name__] = found.header_value()
    if missing:
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ValueError(
            f"lacks {min(missing)}{others} with the schema of this release: run paycli schemas "
            "publish --ids-file of this release, which adds it"
        )
    return headers


def _digest(schema: str) -> str:
    return f"sha256:{hashlib.sha256(schema.encode()).hexdigest()}"
