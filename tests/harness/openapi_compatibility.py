"""Changes of the HTTP API that would break callers of the released one, one line each.

Requests may be validated less strictly and responses may contain more, never the other way round.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

# A JSON document; its many shapes are what this module compares.
Json = Any

LOWER_IS_STRICTER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
HIGHER_IS_STRICTER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
SAME = ("pattern", "format", "const")


def breaking_changes(released: Json, current: Json) -> list[str]:
    """Return the breaking changes from a released OpenAPI document to the current one."""
    return sorted(set(_Comparison(released, current).operations()))


@dataclass(frozen=True)
class _Comparison:
    released: Json
    current: Json

    def operations(self) -> Iterator[str]:
        for path, item in self.released["paths"].items():
            for method, old in item.items():
                location = f"{method.upper()} {path}"
                new = self.current["paths"].get(path, {}).get(method)
                if new is None:
                    yield f"{location}: removed"
                    continue
                if old.get("operationId") != new.get("operationId"):
                    yield f"{location}: operationId changed"
                # Scopes limit only the callers that an operator names.
                if _schemes(old) != _schemes(new):
                    yield f"{location}: security changed"
                yield from self._parameters(location, old, new)
                yield from self._body(location, old, new)
                yield from self._responses(location, old, new)

    def _parameters(self, location: str, old: Json, new: Json) -> Iterator[str]:
        before = {(p["in"], p["name"]): p for p in old.get("parameters", [])}
        after = {(p["in"], p["name"]): p for p in new.get("parameters", [])}
        for key, parameter in after.items():
            if parameter["required"] and not before.get(key, {}).get("required"):
                yield f"{location} {key[1]}: became required"
        for key, parameter in before.items():
            if key not in after:
                yield f"{location} {key[1]}: removed"
            else:
                yield from self._request_schema(
                    f"{location} {key[1]}", parameter["schema"], after[key]["schema"]
                )

    def _body(self, location: str, old: Json, new: Json) -> Iterator[str]:
        before, after = old.get("requestBody"), new.get("requestBody")
        if after and after["required"] and not (before and before["required"]):
            yield f"{location} body: became required"
        for media_type, content in (before or {"content": {}})["content"].items():
            if after is None or media_type not in after["content"]:
                yield f"{location} body {media_type}: removed"
            else:
                schema = after["content"][media_type]["schema"]
                yield from self._request_schema(f"{location} body", content["schema"], schema)

    def _responses(self, location: str, old: Json, new: Json) -> Iterator[str]:
        for status, before in old["responses"].items():
            after = new["responses"].get(status)
            if after is None:
                # A failure that can no longer happen breaks no caller.
                if status.startswith("2"):
                    yield f"{location} {status}: removed"
                continue
            for name in before["headers"].keys() - after["headers"].keys():
                yield f"{location} {status} {name}: removed"
            for media_type, content in before["content"].items():
                if media_type not in after["content"]:
                    yield f"{location} {status} {media_type}: removed"
                    continue
                schema = after["content"][media_type]["schema"]
                yield from self._response_schema(f"{location} {status}", content["schema"], schema)

    def _request_schema(self, location: str, old: Json, new: Json) -> Iterator[str]:
        """Compare what callers send: everything that was accepted must still be."""
        old, new = _resolved(self.released, old), _resolved(self.current, new)
        if _types(old) - _types(new):
            yield f"{location}: type narrowed"
        for name in set(new.get("required", [])) - set(old.get("required", [])):
            yield f"{location}.{name}: became required"
        if "enum" in new and set(old.get("enum", [...])) - set(new["enum"]):
            yield f"{location}: enum narrowed"
        yield from (
            f"{location}: {name} changed"
            for name in SAME
            if name in new and new[name] != old.get(name)
        )
        for names, is_stricter in ((LOWER_IS_STRICTER, _lower), (HIGHER_IS_STRICTER, _higher)):
            yield from (
                f"{location}: {name} stricter" for name in names if is_stricter(name, old, new)
            )
        yield from self._inner(location, old, new, self._request_schema)

    def _response_schema(self, location: str, old: Json, new: Json) -> Iterator[str]:
        """Compare what callers receive: everything that was there must still be, with its type."""
        old, new = _resolved(self.released, old), _resolved(self.current, new)
        added = _types(new) - _types(old)
        if added == {"null"}:
            yield f"{location}: became nullable"
        elif added:
            yield f"{location}: type changed"
        for name in set(old.get("required", [])) - set(new.get("required", [])):
            yield f"{location}.{name}: no longer required"
        yield from (
            f"{location}: {name} changed"
            for name in SAME
            if name in old and old[name] != new.get(name)
        )
        yield from self._inner(location, old, new, self._response_schema)

    def _inner(
        self,
        location: str,
        old: Json,
        new: Json,
        compare: Callable[[str, Json, Json], Iterator[str]],
    ) -> Iterator[str]:
        for name, inner in old.get("properties", {}).items():
            if name in new.get("properties", {}):
                yield from compare(f"{location}.{name}", inner, new["properties"][name])
            else:
                yield f"{location}.{name}: removed"
        for name in ("items", "additionalProperties"):
            if isinstance(old.get(name), dict):
                yield from compare(f"{location}.{name}", old[name], new.get(name) or {})


def _resolved(document: Json, schema: Json) -> Json:
    """Return the schema with references resolved and `null` as a type, so that two compare."""
    while "$ref" in schema:
        target = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    choices = [each for each in schema.get("anyOf", []) if "type" in each or "$ref" in each]
    if choices:
        [value] = [each for each in choices if each != {"type": "null"}]
        value = _resolved(document, value)
        schema = {**schema, **value, "type": [value["type"], "null"]}
        del schema["anyOf"]
    for part in schema.get("allOf", []):
        schema = {**schema, **_resolved(document, part)}
    return schema


def _types(schema: Json) -> set[str]:
    types = schema.get("type", ["any"])
    return {types} if isinstance(types, str) else set(types)


def _lower(name: str, old: Json, new: Json) -> bool:
    return name in new and (name not in old or new[name] < old[name])


def _higher(name: str, old: Json, new: Json) -> bool:
    return name in new and (name not in old or new[name] > old[name])


def _schemes(operation: Json) -> list[set[str]]:
    """Return the names of the security schemes of each alternative."""
    return [set(alternative) for alternative in operation.get("security", [])]
