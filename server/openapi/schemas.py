"""The models as JSON Schemas, under `#/components/schemas`."""

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from pydantic_core import CoreSchema

from server.openapi.operations import OPERATIONS
from server.openapi.shapes import Problem

REF = "#/components/schemas/{model}"
Json = dict[str, object]


class _Untitled(GenerateJsonSchema):
    """A field's name is title enough."""

    def field_title_should_be_set(self, schema: CoreSchema) -> bool:  # noqa: ARG002  (its signature)
        return False


def components() -> Json:
    """The schema of each model that an operation takes in a body or answers, by its name."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "validation"): None}
    for operation in OPERATIONS:
        wanted[operation.answer, "serialization"] = None
        if operation.body is not None:
            wanted[operation.body, "validation"] = None
    _, schema = models_json_schema(list(wanted), ref_template=REF, schema_generator=_Untitled)
    found: Json = schema["$defs"]
    return dict(sorted(found.items()))


def query(model: type[BaseModel]) -> Json:
    """The schema of each parameter that a query may have, by its name."""
    schema = model.model_json_schema(schema_generator=_Untitled, ref_template=REF)
    properties: dict[str, Json] = schema["properties"]
    return {name: _given(field) for name, field in properties.items()}


def _given(field: Json) -> Json:
    """A parameter that is not given is absent: there is no null in a query."""
    choices = field.pop("anyOf", None)
    if isinstance(choices, list):
        [choice] = [each for each in choices if each != {"type": "null"}]
        field = {**choice, **field}
    if field.get("default", ...) is None:
        del field["default"]
    return field
