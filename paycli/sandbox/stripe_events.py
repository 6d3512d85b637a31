"""Stripe events made here: the shape of Stripe's own examples, filled in as the type means."""

import copy
import json
import secrets
from collections.abc import Mapping

from pydantic import JsonValue

from paycli.sandbox import fixtures
from paycli.sandbox.stripe_states import STATES, State

_DAY_SECONDS = 86_400

API_VERSION = "2026-10-28.endive"

EVENT_TYPES = tuple(STATES)
"""The event types whose objects are whole, as Stripe's own examples."""


def all_event_types() -> Mapping[str, JsonValue]:
    """All event types of Stripe's OpenAPI document, with the kind of object that each is about."""
    return fixtures.load("event_types")


class InvalidFieldPath(ValueError):
    """A path leads nowhere in the event."""


def make_event(
    event_type: str, overrides: Mapping[str, JsonValue], *, created: int
) -> dict[str, JsonValue]:
    """A Stripe event of any type of Stripe's, `created` in Unix seconds, of an object of its own.

    The object of a type that is not among EVENT_TYPES has nothing but its id and kind.
    `overrides` sets fields by path, `data.object.amount`; a number is a place in a list. Raises
    KeyError for a type that Stripe has not, InvalidFieldPath for a path through what has no fields.
    """
    state = STATES.get(event_type)
    if state is None:
        kind = str(all_event_types()[event_type])
        made: dict[str, JsonValue] = {
            "id": f"{kind.rpartition('.')[2]}_{secrets.token_hex(12)}",
            "object": kind,
            "created": created,
            "livemode": False,
        }
    else:
        made = _object(state, created)
    data: dict[str, JsonValue] = {"object": made}
    if state is not None and state.previous is not None:
        data["previous_attributes"] = copy.deepcopy(dict(state.previous))
    event: dict[str, JsonValue] = {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        # What happens to a connected account is told by that account.
        "account": made["id"] if made["object"] == "account" else None,
        "api_version": API_VERSION,
        "created": created,
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
    }
    for path, value in overrides.items():
        _set(event, path, value)
    return event


def to_body(event: Mapping[str, JsonValue]) -> bytes:
    """The event as Stripe sends it: indented JSON."""
    return json.dumps(event, indent=2, ensure_ascii=False).encode()


def _object(state: State, created: int) -> dict[str, JsonValue]:
    own_id = f"{state.kind.prefix}{secrets.token_hex(12)}"
    made = {
        **fixtures.load(state.kind.fixture),
        **copy.deepcopy(dict(state.kind.fields)),
        **copy.deepcopy(dict(state.fields)),
        "id": own_id,
        "created": created,
    }
    if made.get("payment_intent") is not None:
        made["payment_intent"] = f"pi_{secrets.token_hex(12)}"
    if made.get("client_secret") is not None:
        made["client_secret"] = f"{own_id}_secret_{secrets.token_hex(12)}"
    for path, days in state.kind.days_later.items():
        _set(made, path, created + days * _DAY_SECONDS)
    return made


def _set(event: dict[str, JsonValue], path: str, value: JsonValue) -> None:
    place: JsonValue = event
    *parents, last = path.split(".")
    for name in parents:
        if isinstance(place, dict) and place.get(name) is None:
            place[name] = {}
        place = _inner(place, name, path)
    if isinstance(place, dict):
        place[last] = value
    else:
        _inner(place, last, path)
        assert isinstance(place, list), "it has such a place"
        place[int(last)] = value


def _inner(place: JsonValue, name: str, path: str) -> JsonValue:
    if isinstance(place, dict):
        return place[name]
    if isinstance(place, list) and name.isdecimal() and int(name) < len(place):
        return place[int(name)]
    raise InvalidFieldPath(f"{path} leads nowhere: {name} is not there")
