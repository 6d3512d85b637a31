"""JSON Schemas of what our events say, made from their classes.

https://json-schema.org/draft/2020-12. Unknown fields are allowed, as fields are added without
notice.
"""

import inspect

from pydantic import JsonValue
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from paycli.events.types import PublishedEvent

Schema = dict[str, JsonValue]


def event_schema(kind: type[PublishedEvent]) -> Schema:
    """The schema of an event's value: every field with its meaning, and an example of the whole."""
    made = kind.model_json_schema(mode="serialization", schema_generator=_Plain)
    return {
        "title": kind.__name__,
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "type": "object",
        "properties": made["properties"],
        "required": made["required"],
        "examples": [kind.full_example()],
    }


def document(kind: type[PublishedEvent]) -> Schema:
    """The schema as a document of its own."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:payments:{kind.__name__}:v{kind.version}",
        **event_schema(kind),
    }


class _Plain(GenerateJsonSchema):
    """Says no more than a reader needs: no titles made of names, no defaults, one `type` each."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002  (Pydantic's signature)
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        return {**inner, "type": [inner["type"], "null"]}
