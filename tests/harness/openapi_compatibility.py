"""Whether callers of the released HTTP interface can call today's: what would break, a line each.

What is sent may become freer, what is answered may become richer; never the other way round.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

# JSON, whose many shapes are what this is about.
Json = Any

LOWER_IS_STRICTER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
HIGHER_IS_STRICTER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
SAME = ("pattern", "format", "const")


def breaking_changes(released: Json, current: Json) -> list[str]:
    """Return what of a released OpenAPI document is not kept by the current one."""
    return sorted(set(_Comparison(released, current).operations()))


@dataclass(frozen=True)
class _Comparison:
    released: Json
    current: Json

    def operations(self) -> Iterator[str]:
        for path, item in self.released["paths"].items():
            for method, old in item.items():
                place = f"{method.upper()} {path}"
                new = self.current["paths"].get(path, {}).get(method)
                if new is None:
                    yield f"{place}: removed"
                    continue
                for name in ("operationId", "security"):
                    if old.get(name) != new.get(name):
                        yield f"{place}: {name} changed"
                yield from self._parameters(place, old, new)
                yield from self._body(place, old, new)
                yield from self._answers(place, old, new)

    def _parameters(self, place: str, old: Json, new: Json) -> Iterator[str]:
        before = {(p["in"], p["name"]): p for p in old.get("parameters", [])}
        after = {(p["in"], p["name"]): p for p in new.get("parameters", [])}
        for key, parameter in after.items():
            if parameter["required"] and not before.get(key, {}).get("required"):
                yield f"{place} {key[1]}: became required"
        for key, parameter in before.items():
            if key not in after:
                yield f"{place} {key[1]}: removed"
            else:
                yield from self._sent(
                    f"{place} {key[1]}", parameter["schema"], after[key]["schema"]
                )

    def _body(self, place: str, old: Json, new: Json) -> Iterator[str]:
        before, after = old.get("requestBody"), new.get("requestBody")
        if after and after["required"] and not (before and before["required"]):
            yield f"{place} body: became required"
        for media_type, content in (before or {"content": {}})["content"].items():
            if after is None or media_type not in after["content"]:
                yield f"{place} body {media_type}: removed"
            else:
                schema = after["content"][media_type]["schema"]
                yield from self._sent(f"{place} body", content["schema"], schema)

    def _answers(self, place: str, old: Json, new: Json) -> Iterator[str]:
        for status, before in old["responses"].items():
            after = new["responses"].get(status)
            if after is None:
                # That something can't fail in this way any more harms nobody.
                if status.startswith("2"):
                    yield f"{place} {status}: removed"
                continue
            for name in before["headers"].keys() - after["headers"].keys():
                yield f"{place} {status} {name}: removed"
            for media_type, content in before["content"].items():
                if media_type not in after["content"]:
                    yield f"{place} {status} {media_type}: removed"
                    continue
                schema = after["content"][media_type]["schema"]
                yield from self._answered(f"{place} {status}", content["schema"], schema)

    def _sent(self, place: str, old: Json, new: Json) -> Iterator[str]:
        """What a caller sends: everything that was taken is taken still."""
        old, new = _resolved(self.released, old), _resolved(self.current, new)
        if _types(old) - _types(new):
            yield f"{place}: type narrowed"
        for name in set(new.get("required", [])) - set(old.get("required", [])):
            yield f"{place}.{name}: became required"
        if "enum" in new and set(old.get("enum", [...])) - set(new["enum"]):
            yield f"{place}: enum narrowed"
        yield from (
            f"{place}: {name} changed"
            for name in SAME
            if name in new and new[name] != old.get(name)
        )
        for names, stricter in ((LOWER_IS_STRICTER, _less), (HIGHER_IS_STRICTER, _more)):
            yield from (f"{place}: {name} stricter" for name in names if stricter(name, old, new))
        yield from self._inner(place, old, new, self._sent)

    def _answered(self, place: str, old: Json, new: Json) -> Iterator[str]:
        """What a caller reads: everything that was there is there still, and of its kind."""
        old, new = _resolved(self.released, old), _resolved(self.current, new)
        more = _types(new) - _types(old)
        if more == {"null"}:
            yield f"{place}: made nullable"
        elif more:
            yield f"{place}: type changed"
        for name in set(old.get("required", [])) - set(new.get("required", [])):
            yield f"{place}.{name}: no longer required"
        yield from (
            f"{place}: {name} changed"
            for name in SAME
            if name in old and old[name] != new.get(name)
        )
        yield from self._inner(place, old, new, self._answered)

    def _inner(
        self, place: str, old: Json, new: Json, compare: Callable[[str, Json, Json], Iterator[str]]
    ) -> Iterator[str]:
        for name, inner in old.get("properties", {}).items():
            if name in new.get("properties", {}):
                yield from compare(f"{place}.{name}", inner, new["properties"][name])
            else:
                yield f"{place}.{name}: removed"
        for name in ("items", "additionalProperties"):
            if isinstance(old.get(name), dict):
                yield from compare(f"{place}.{name}", old[name], new.get(name) or {})


def _resolved(document: Json, schema: Json) -> Json:
    """The schema with its reference followed and its null apart, so that what is left compares."""
    while "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
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


def _less(name: str, old: Json, new: Json) -> bool:
    return name in new and (name not in old or new[name] < old[name])


def _more(name: str, old: Json, new: Json) -> bool:
    return name in new and (name not in old or new[name] > old[name])
