"""Objects in place of their ids: https://docs.stripe.com/api/expanding_objects."""

import json
from collections.abc import Sequence
from typing import cast

from paycli.sandbox.standin.refusals import Refusal
from paycli.sandbox.standin.rendering import as_json, rendered
from paycli.sandbox.standin.resources.payment_objects import (
    ChargeState,
    CheckoutSessionState,
    ObjectState,
    Scope,
)
from paycli.sandbox.standin.world import World

Json = dict[str, object]
MAX_DEPTH = 4
EXPANDABLE = frozenset(
    {"balance_transaction", "charge", "latest_charge", "payment_intent", "payment_method", "review"}
)
"""The fields that can be expanded here, beside a charge's refunds and a Session's line items."""


def expanded(world: World, it: ObjectState, paths: Sequence[str]) -> Json:
    """The object's JSON with what the paths name in it, such as `latest_charge.refunds`.

    Raises:
        Refusal: a path leads to nothing that can be expanded.
    """
    result = cast("Json", json.loads(rendered(it)))
    for path in paths:
        parts = path.split(".")
        if len(parts) > MAX_DEPTH:
            raise Refusal(f"You can't expand more than {MAX_DEPTH} levels deep.", param="expand")
        _expand(world, it.scope, result, parts, path)
    return result


def _expand(world: World, scope: Scope, place: Json, parts: list[str], path: str) -> None:
    name, *rest = parts
    here = world.objects.get(str(place.get("id")))
    value = place.get(name)
    if isinstance(here, ChargeState) and name == "refunds":
        place[name] = _list([as_json(r) for r in reversed(here.refunds)], here.id, "charges")
    elif isinstance(here, CheckoutSessionState) and name == "line_items":
        place[name] = _list(list(here.items), here.id, "checkout/sessions", "line_items")
    elif isinstance(value, str) and name in EXPANDABLE:
        found = world.objects.get(value)
        if found is None or found.scope != scope:
            raise _cannot(path)
        place[name] = as_json(found)
    elif not isinstance(value, dict) and not (value is None and name in EXPANDABLE):
        raise _cannot(path)
    inner = place.get(name)
    if rest and isinstance(inner, dict):
        _expand(world, scope, inner, rest, path)


def _list(data: list[Json], identity: str, kind: str, name: str = "refunds") -> Json:
    url = f"/v1/{kind}/{identity}/{name}"
    return {"object": "list", "data": data, "has_more": False, "url": url}


def _cannot(path: str) -> Refusal:
    return Refusal(f"This property cannot be expanded ({path}).", param="expand")
