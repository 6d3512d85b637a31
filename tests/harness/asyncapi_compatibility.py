"""Whether readers of the released events can read today's: what would break them, one line each."""

from collections.abc import Iterator, Mapping
from typing import Any

# JSON, whose many shapes are what this is about.
Json = Any

# A reader may rely on each of these; another value, or none, is another promise.
KEPT = ("const", "format", "pattern", "minLength", "$ref", "contentType")
PARTS = ("items", "additionalProperties", "headers", "payload")
NAMED_PARTS = ("properties", "messages", "schemas")


def breaking_changes(released: Mapping[str, Json], current: Mapping[str, Json]) -> list[str]:
    """Return what of a released AsyncAPI document is not kept by the current one.

    Additions of fields, headers, events and values are no breaks: readers skip what they don't
    know. Whatever was there must stay, with its type, and must not become null or absent.
    """
    found = []
    for name, channel in released["channels"].items():
        today = current["channels"].get(name, {})
        if channel["address"] != today.get("address"):
            found.append(f"channels.{name}: address changed")
        gone = channel["messages"].keys() - today.get("messages", {}).keys()
        found += [f"channels.{name}.{message}: removed" for message in sorted(gone)]
    return [*found, *_schema("components", released["components"], current["components"])]


def _schema(place: str, old: Json, new: Json) -> Iterator[str]:
    yield from _types(place, old, new)
    yield from (
        f"{place}: {name} changed" for name in KEPT if name in old and _differ(name, old, new)
    )
    if "enum" in new and ("enum" not in old or set(old["enum"]) - set(new["enum"])):
        yield f"{place}: enum narrowed"
    for name in set(old.get("required", [])) - set(new.get("required", [])):
        yield f"{place}.{name}: no longer required"
    for group in NAMED_PARTS:
        for name, inner in old.get(group, {}).items():
            if name in new.get(group, {}):
                yield from _schema(f"{place}.{name}", inner, new[group][name])
            else:
                yield f"{place}.{name}: removed"
    for name in PARTS:
        if isinstance(old.get(name), dict):
            yield from _schema(f"{place}.{name}", old[name], new.get(name) or {})
    for number, inner in enumerate(old.get("allOf", [])):
        parts = new.get("allOf", [])
        yield from _schema(place, inner, parts[number] if number < len(parts) else {})


def _types(place: str, old: Json, new: Json) -> Iterator[str]:
    if "type" not in old:
        return
    if "type" not in new:
        yield f"{place}: type changed"
        return
    before, after = _set(old["type"]), _set(new["type"])
    if "null" in after - before:
        yield f"{place}: made nullable"
    if after - before - {"null"}:
        yield f"{place}: type changed"


def _set(value: str | list[str]) -> set[str]:
    return {value} if isinstance(value, str) else set(value)


def _differ(name: str, old: Json, new: Json) -> bool:
    return bool(old[name] != new.get(name))
