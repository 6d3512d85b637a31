"""Generated Stripe events: Stripe's example objects, with the fields that the event type sets."""

import copy
import json
import secrets
from collections.abc import Mapping

from pydantic import JsonValue

from paycli.sandbox import fixtures
from paycli.sandbox.event_templates import EVENT_TEMPLATES, EventTemplate

_DAY_SECONDS = 86_400

API_VERSION = "2026-10-28.endive"

EVENT_TYPES = tuple(EVENT_TEMPLATES)
"""The event types whose objects are complete."""


def all_event_types() -> Mapping[str, JsonValue]:
    """All event types of Stripe's OpenAPI document, each with the type of its object."""
    return fixtures.load("event_types")


class InvalidFieldPath(ValueError):
    """A path does not lead to a field that can be set."""


def make_event(
    event_type: str, overrides: Mapping[str, JsonValue], *, created: int
) -> dict[str, JsonValue]:
    """A Stripe event of any of Stripe's types, about a new object; `created` in Unix seconds.

    The object of a type that is not in EVENT_TYPES has only its id, type, time and mode.
    `overrides` sets fields by path, such as `data.object.amount`; a number is an index of a list.
    Raises KeyError for an unknown type, InvalidFieldPath for a path that can't be set.
    """
    template = EVENT_TEMPLATES.get(event_type)
    if template is None:
        object_type = str(all_event_types()[event_type])
        object_: dict[str, JsonValue] = {
            "id": f"{object_type.rpartition('.')[2]}_{secrets.token_hex(12)}",
            "object": object_type,
            "created": created,
            "livemode": False,
        }
    else:
        object_ = _make_object(template, created)
    data: dict[str, JsonValue] = {"object": object_}
    if template is not None and template.previous is not None:
        data["previous_attributes"] = copy.deepcopy(dict(template.previous))
    event: dict[str, JsonValue] = {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "account": _account(template, object_),
        "api_version": API_VERSION,
        "created": created,
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
    }
    for path, value in overrides.items():
        _set_field(event, path, value)
    return event


def to_body(event: Mapping[str, JsonValue]) -> bytes:
    """The event as Stripe sends it: indented JSON."""
    return json.dumps(event, indent=2, ensure_ascii=False).encode()


def _account(template: EventTemplate | None, object_: Mapping[str, JsonValue]) -> JsonValue:
    """The connected account of the event: events about an account come from that account."""
    if object_["object"] == "account":
        return object_["id"]
    return template.account if template else None


def _make_object(template: EventTemplate, created: int) -> dict[str, JsonValue]:
    object_id = f"{template.object.prefix}{secrets.token_hex(12)}"
    example = fixtures.load(template.object.fixture)
    fields = {
        **example,
        **copy.deepcopy(dict(template.object.fields)),
        **copy.deepcopy(dict(template.fields)),
        "id": object_id,
    }
    if "created" in example:
        fields["created"] = created
    if fields.get("payment_intent") is not None:
        fields["payment_intent"] = f"pi_{secrets.token_hex(12)}"
    if fields.get("client_secret") is not None:
        fields["client_secret"] = f"{object_id}_secret_{secrets.token_hex(12)}"
    for path, days in template.object.days_later.items():
        _set_field(fields, path, created + days * _DAY_SECONDS)
    return fields


def _set_field(event: dict[str, JsonValue], path: str, value: JsonValue) -> None:
    parent: JsonValue = event
    *names, last = path.split(".")
    for name in names:
        if isinstance(parent, dict) and parent.get(name) is None:
            parent[name] = {}
        parent = _get_inner(parent, name, path)
    if isinstance(parent, dict):
        parent[last] = value
    else:
        _get_inner(parent, last, path)
        assert isinstance(parent, list), "_get_inner has checked the index"
        parent[int(last)] = value


def _get_inner(parent: JsonValue, name: str, path: str) -> JsonValue:
    if isinstance(parent, dict):
        return parent[name]
    if isinstance(parent, list) and name.isdecimal() and int(name) < len(parent):
        return parent[int(name)]
    raise InvalidFieldPath(f"{path} does not exist: there is no {name}")
