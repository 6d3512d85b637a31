"""Stripe's published example objects, and new objects that are copies of them."""

from typing import TypeVar

from paycli.sandbox import fixtures
from paycli.sandbox.standin.store.objects import Json, JsonObjectState, Scope
from paycli.sandbox.standin.store.store import Store

AnyJsonState = TypeVar("AnyJsonState", bound=JsonObjectState)


def example(name: str, **changes: object) -> Json:
    """A new copy of the example object, such as `payment_intent`, with these fields changed."""
    return {**fixtures.load(name), **changes}


def add_example(
    store: Store, kind: type[AnyJsonState], prefix: str, scope: Scope, changes: Json
) -> AnyJsonState:
    """Adds a copy of Stripe's example of `kind`, with a new id and these fields changed."""
    object_id, now = store.new_id(prefix), store.now()
    common = {"id": object_id, "created": now, "livemode": scope.livemode}
    return store.add(
        kind(
            id=object_id,
            scope=scope,
            created=now,
            number=store.next_number(),
            json=example(kind.TYPE.replace(".", "_"), **{**common, **changes}),
        )
    )
