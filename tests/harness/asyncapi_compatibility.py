"""Changes of the event schemas that would break consumers of the released ones, one line each."""

from collections.abc import Iterator, Mapping
from typing import Any

# A JSON document; its many shapes are what this module compares.
Json = Any

# Consumers may rely on each of these, so neither its value nor its presence may change.
FIXED_KEYWORDS = ("const", "format", "pattern", "minLength", "$ref", "contentType")
PARTS = ("items", "additionalProperties", "headers", "payload")
NAMED_PARTS = ("properties", "messages", "schemas")


def breaking_changes(released: Mapping[str, Json], current: Mapping[str, Json]) -> list[str]:
    """Return the breaking changes from a released AsyncAPI document to the current one.

    Added fields, headers, events and enum values do not break: consumers skip what they do not
    know. Everything else must stay, with its type, and must not become nullable or optional.
    """
    changes = []
    for name, channel in released["channels"].items():
        new_channel = current["channels"].get(name, {})
        if channel["address"] != new_channel.get("address"):
            changes.append(f"channels.{name}: address changed")
        removed = channel["messages"].keys() - new_channel.get("messages", {}).keys()
        changes += [f"channels.{name}.{message}: removed" for message in sorted(removed)]
    return [*changes, *_schema("components", released["components"], current["components"])]


def _schema(location: str, old: Json, new: Json) -> Iterator[str]:
    yield from _types(location, old, new)
    yield from (
        f"{location}: {name} changed"
        for name in FIXED_KEYWORDS
        if name in old and _differ(name, old, new)
    )
    if "enum" in new and ("enum" not in old or set(old["enum"]) - set(new["enum"])):
        yield f"{location}: enum narrowed"
    for name in set(old.get("required", [])) - set(new.get("required", [])):
        yield f"{location}.{name}: no longer required"
    for group in NAMED_PARTS:
        for name, inner in old.get(group, {}).items():
            if name in new.get(group, {}):
                yield from _schema(f"{location}.{name}", inner, new[group][name])
            else:
                yield f"{location}.{name}: removed"
    for name in PARTS:
        if isinstance(old.get(name), dict):
            yield from _schema(f"{location}.{name}", old[name], new.get(name) or {})
    for number, inner in enumerate(old.get("allOf", [])):
        parts = new.get("allOf", [])
        yield from _schema(location, inner, parts[number] if number < len(parts) else {})


def _types(location: str, old: Json, new: Json) -> Iterator[str]:
    if "type" not in old:
        return
    if "type" not in new:
        yield f"{location}: type changed"
        return
    before, after = _set(old["type"]), _set(new["type"])
    if "null" in after - before:
        yield f"{location}: became nullable"
    if after - before - {"null"}:
        yield f"{location}: type changed"


def _set(value: str | list[str]) -> set[str]:
    return {value} if isinstance(value, str) else set(value)


def _differ(name: str, old: Json, new: Json) -> bool:
    return bool(old[name] != new.get(name))
