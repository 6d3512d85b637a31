"""Stripe events with Stripe's example objects."""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

# Stripe's JSON; these tests do not check its types.
Json = Any

CREATED = 1_769_860_800
"""2026-01-31T12:00:00Z"""


def example(name: str) -> dict[str, Json]:
    """Return a new copy of Stripe's example object, such as `refund`."""
    text = resources.files("paycli.sandbox.fixtures").joinpath(f"{name}.json").read_text("utf-8")
    return dict(json.loads(text))


def stripe_event(
    event_type: str,
    object_: Mapping[str, object],
    previous: Mapping[str, object] | None = None,
    **envelope: object,
) -> dict[str, Json]:
    """Return an event about the object, with the envelope that Stripe sends."""
    data: dict[str, Json] = {"object": dict(object_)}
    if previous is not None:
        data["previous_attributes"] = dict(previous)
    return {
        "id": "evt_1",
        "object": "event",
        "account": None,
        "api_version": "2026-10-28.endive",
        "created": CREATED,
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
        **envelope,
    }
