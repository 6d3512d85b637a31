"""JSON Schemas (https://json-schema.org/draft/2020-12) of the event data.

Unknown fields are allowed, because fields are added without notice. Schema registries get the same
schemas as draft-07, the latest that all of them can judge.
"""

import inspect
import json

from pydantic import JsonValue
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from paycli.events.cloudevents import ce_type
from paycli.events.types import BaseEvent

Schema = dict[str, JsonValue]

_DRAFT_07 = "http://json-schema.org/draft-07/schema#"


def event_schema(kind: type[BaseEvent]) -> Schema:
    """Returns the schema of an event's data, with descriptions and a complete example."""
    generated = kind.model_json_schema(mode="serialization", schema_generator=_CompactSchema)
    return {
        "title": kind.__name__,
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "type": "object",
        "properties": generated["properties"],
        "required": generated["required"],
        "examples": [kind.full_example()],
    }


def document(kind: type[BaseEvent]) -> Schema:
    """Returns the schema as a standalone document with `$schema` and `$id`."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:payments:{kind.__name__}:v{kind.version}",
        **event_schema(kind),
    }


def draft_07_document(kind: type[BaseEvent]) -> Schema:
    """Returns the document as draft-07, which has the keywords that are used here (as tested).

    Its title is the CloudEvents type, such as `payments.PaymentSucceededEvent.v1`: Confluent's
    serializers take the title for the name of the record, and each version is a schema of its own.
    """
    return {
        **document(kind),
        "$schema": _DRAFT_07,
        "title": ce_type(kind.__name__, kind.version),
    }


def draft_07_text(kind: type[BaseEvent]) -> str:
    """Returns the draft-07 document as it is registered; the same release has the same text."""
    return json.dumps(draft_07_document(kind))


class _CompactSchema(GenerateJsonSchema):
    """Omits titles and defaults, and writes nullable fields as `type: [T, null]`."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002  (Pydantic's signature)
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        return {**inner, "type": [inner["type"], "null"]}
