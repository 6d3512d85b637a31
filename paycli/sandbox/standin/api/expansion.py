"""Objects in place of their ids: https://docs.stripe.com/api/expanding_objects."""

import json
from collections.abc import Sequence
from typing import cast

from paycli.sandbox.standin.api.errors import StripeErrorResponse
from paycli.sandbox.standin.store.objects import Json, ObjectState
from paycli.sandbox.standin.store.rendering import as_json, render
from paycli.sandbox.standin.store.store import Store

MAX_DEPTH = 4
_ACROSS_ACCOUNTS = {"charge", "originating_transaction", "source_transaction", "source_transfer"}
"""Fields that lead from a connected account's payment to its platform's, and back."""


def expand(store: Store, state: ObjectState, paths: Sequence[str]) -> Json:
    """The object's JSON with the fields of `paths` expanded, such as `latest_charge.refunds`.

    Raises:
        StripeErrorResponse: a path cannot be expanded.
    """
    result = cast("Json", json.loads(render(state)))
    for path in paths:
        parts = path.split(".")
        if len(parts) > MAX_DEPTH:
            message = f"You can't expand more than {MAX_DEPTH} levels deep."
            raise StripeErrorResponse(message, param="expand")
        _expand_field(store, result, parts, path)
    return result


def _expand_field(store: Store, parent: Json, parts: list[str], path: str) -> None:
    name, *rest = parts
    state = store.objects.get(str(parent.get("id")))
    expandable = state is not None and name in state.EXPANDABLE
    items = state.inner_list(name) if state is not None else None
    value = parent.get(name)
    if state is not None and items is not None:
        parent[name] = {
            "object": "list",
            "data": [as_json(item) if isinstance(item, ObjectState) else item for item in items],
            "has_more": False,
            "url": f"{state.URL}/{state.id}/{name}",
        }
    elif isinstance(value, str) and state is not None and expandable:
        found = store.objects.get(value)
        if found is None or (found.scope != state.scope and name not in _ACROSS_ACCOUNTS):
            raise _not_expandable(path)
        parent[name] = {**as_json(found)}
    elif not isinstance(value, dict) and not (value is None and expandable):
        raise _not_expandable(path)
    inner = parent.get(name)
    if not rest or not isinstance(inner, dict):
        return
    if state is not None and name in state.POLYMORPHIC:
        found = store.objects[str(inner["id"])]
        if rest[0] not in found.EXPANDABLE:
            return
    _expand_field(store, inner, rest, path)


def _not_expandable(path: str) -> StripeErrorResponse:
    return StripeErrorResponse(f"This property cannot be expanded ({path}).", param="expand")
