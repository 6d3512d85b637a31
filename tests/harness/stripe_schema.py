"""Stripe's OpenAPI document and example objects: what an answer of Stripe must look like."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from .tools import stripe_openapi

# JSON, whose many shapes are not what these tests are about.
Json = Any


def violations(schema: str, value: Json) -> list[str]:
    """Return what in `value` contradicts the schema of this name, such as `payment_intent`."""
    validator = Draft202012Validator({**_document(), "$ref": f"#/components/schemas/{schema}"})
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def example_keys(name: str) -> set[str]:
    """Return the keys that Stripe's example of an object has."""
    return set(_examples()[name])


def known_parameters(method: str, path: str) -> set[str]:
    """Return the parameters that Stripe knows for a request, by their first names."""
    operation = _document()["paths"][path][method.lower()]
    body = operation.get("requestBody", {}).get("content", {})
    form = body.get("application/x-www-form-urlencoded", {}).get("schema", {})
    queried = {it["name"] for it in operation.get("parameters", ()) if it["in"] == "query"}
    return queried | set(form.get("properties", {}))


@cache
def _document() -> Json:
    return _with_nulls(json.loads((stripe_openapi() / "spec3.json").read_text()))


@cache
def _examples() -> Json:
    return json.loads((stripe_openapi() / "fixtures3.json").read_text())["resources"]


def _with_nulls(schema: Json) -> Json:
    """OpenAPI 3.0 says `nullable` where JSON Schema has a type for null."""
    if isinstance(schema, list):
        return [_with_nulls(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    rest = {name: _with_nulls(it) for name, it in schema.items() if name != "nullable"}
    return {"anyOf": [{"type": "null"}, rest]} if schema.get("nullable") is True else rest
