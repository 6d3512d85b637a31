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
"""The event types that can be made."""


class CannotSet(ValueError):
    """A path leads nowhere in the event."""


def make_event(
    event_type: str, overrides: Mapping[str, JsonValue], *, created: int
) -> dict[str, JsonValue]:
    """A Stripe event of one of EVENT_TYPES, `created` in Unix seconds, of a payment of its own.

    `overrides` sets fields by path, `data.object.amount`. Raises CannotSet for a path through
    something that has no fields.
    """
    state = STATES[event_type]
    made = _object(state, created)
    data: dict[str, JsonValue] = {"object": made}
    if state.previous is not None:
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
    *parents, last = path.split(".")
    place = event
    for name in parents:
        inner = place.setdefault(name, {})
        if inner is None:
            inner = place[name] = {}
        if not isinstance(inner, dict):
            raise CannotSet(f"{path} leads nowhere: {name} has no fields")
        place = inner
    place[last] = value
