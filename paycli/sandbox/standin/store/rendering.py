"""Objects as JSON; each resource registers how its state is rendered."""

from functools import singledispatch

from paycli.sandbox.standin.http.messages import to_json
from paycli.sandbox.standin.store.events import EmittedEvent
from paycli.sandbox.standin.store.objects import Json, JsonObjectState, ObjectState


@singledispatch
def as_json(state: ObjectState) -> Json:
    """The object as a dictionary; events exist only as bytes."""
    raise TypeError(f"{type(state).__name__} has no JSON")


@as_json.register
def _(state: JsonObjectState) -> Json:
    return state.json


def render(state: ObjectState) -> bytes:
    """The object's JSON, cached until the state changes if its class allows it."""
    if isinstance(state, EmittedEvent):
        return state.render()
    if not state.CACHED:
        return to_json(as_json(state))
    if state.rendered is None:
        state.rendered = to_json(as_json(state))
    return state.rendered


def id_of(state: ObjectState | None) -> str | None:
    """The id of an object that may be absent."""
    return state.id if state else None
