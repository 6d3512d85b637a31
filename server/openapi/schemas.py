"""JSON Schemas of the models, under `#/components/schemas`."""

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from pydantic_core import CoreSchema

from server.openapi.http_models import ProblemDetails
from server.openapi.operations import OPERATIONS
from server.openapi.operations.operation import Json

_REFERENCE = "#/components/schemas/{model}"


class _WithoutFieldTitles(GenerateJsonSchema):
    """Omits the titles of fields, which would only repeat their names."""

    def field_title_should_be_set(self, schema: CoreSchema) -> bool:  # noqa: ARG002  (Pydantic's signature)
        return False


def components() -> Json:
    """Returns the schema of each model in a request's or response's body, by the model's name."""
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
        (ProblemDetails, "validation"): None
    }
    for operation in OPERATIONS:
        if operation.response is not None:
            models[operation.response, "serialization"] = None
        if operation.body is not None:
            models[operation.body, "validation"] = None
    _, schema = models_json_schema(
        list(models), ref_template=_REFERENCE, schema_generator=_WithoutFieldTitles
    )
    definitions: Json = schema["$defs"]
    return dict(sorted(definitions.items()))


def reference(model: type[BaseModel]) -> Json:
    """Returns a reference to the schema of a model."""
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def query(model: type[BaseModel]) -> Json:
    """Returns the schema of each query parameter, by its name."""
    schema = model.model_json_schema(schema_generator=_WithoutFieldTitles, ref_template=_REFERENCE)
    properties: dict[str, Json] = schema["properties"]
    return {name: _without_null(field) for name, field in properties.items()}


def _without_null(field: Json) -> Json:
    """Removes null from a schema: a query has no null, an optional parameter is absent."""
    choices = field.pop("anyOf", None)
    if isinstance(choices, list):
        [choice] = [each for each in choices if each != {"type": "null"}]
        field = {**choice, **field}
    if field.get("default", ...) is None:
        del field["default"]
    return field
