"""Stripe's OpenAPI document and example objects, to check responses against."""

import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from .tools import stripe_openapi

# JSON; these tests check it against schemas, not types.
Json = Any


def violations(schema: str, value: Json) -> list[str]:
    """Return how `value` violates the schema of this name, such as `payment_intent`."""
    validator = Draft202012Validator({**_document(), "$ref": f"#/components/schemas/{schema}"})
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def example_keys(name: str) -> set[str]:
    """Return the keys of Stripe's example object."""
    return set(_examples()[name])


def known_parameters(method: str, path: str) -> set[str]:
    """Return the top-level parameters of an operation of Stripe's API.

    The path's parameters can have any names.
    """
    template = re.sub(r"\{\w+\}", "{}", path)
    [operations] = [
        operations
        for documented, operations in _document()["paths"].items()
        if re.sub(r"\{\w+\}", "{}", documented) == template
    ]
    operation = operations[method.lower()]
    body = operation.get("requestBody", {}).get("content", {})
    form = body.get("application/x-www-form-urlencoded", {}).get("schema", {})
    parameters = operation.get("parameters", ())
    query = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    return query | set(form.get("properties", {}))


def evidence_lengths() -> dict[str, int]:
    """Return the fields of a dispute's evidence that are texts, each with its maximum length.

    Files, whose ids the other fields take, have none.
    """
    operation = _document()["paths"]["/v1/disputes/{dispute}"]["post"]
    form = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    fields = form["properties"]["evidence"]["properties"]
    return {name: field["maxLength"] for name, field in fields.items() if "maxLength" in field}


def expanded_types(schema: str, name: str) -> list[str]:
    """Return the schemas of the objects that a field has when it is expanded."""
    field = _document()["components"]["schemas"].get(schema, {}).get("properties", {}).get(name)
    if field is None:
        return []
    # A field that can be null is one of two alternatives.
    alternatives = [field, *field.get("anyOf", ())]
    found = [each["x-expansionResources"] for each in alternatives if _is_expandable(each)]
    return [ref["$ref"].rpartition("/")[2] for each in found for ref in each["oneOf"]]


def _is_expandable(field: Json) -> bool:
    return "x-expansionResources" in field


@cache
def _document() -> Json:
    return _with_nulls(json.loads((stripe_openapi() / "spec3.json").read_text()))


@cache
def _examples() -> Json:
    return json.loads((stripe_openapi() / "fixtures3.json").read_text())["resources"]


def _with_nulls(schema: Json) -> Json:
    """Convert OpenAPI 3.0's `nullable` to the null type of JSON Schema."""
    if isinstance(schema, list):
        return [_with_nulls(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    rest = {name: _with_nulls(it) for name, it in schema.items() if name != "nullable"}
    return {"anyOf": [{"type": "null"}, rest]} if schema.get("nullable") is True else rest
