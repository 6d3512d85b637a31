"""One request to the API on its way to the function that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from paycli.sandbox.standin.params import Kind, Params, Schema
from paycli.sandbox.standin.refusals import not_found
from paycli.sandbox.standin.resources.payment_objects import ObjectState, Origin, Scope
from paycli.sandbox.standin.world import Object, World


@dataclass(slots=True)
class Call:
    """What is asked, by whom. `identity` is the id in the path, empty without one.

    `publishable`: the caller has only a publishable key, as a browser does; then a `client_secret`
    is what opens one payment.
    """

    world: World
    scope: Scope
    origin: Origin
    params: Params
    identity: str = ""
    publishable: bool = False

    def the(self, kind: type[Object], name: str) -> Object:
        """The object of the path's id; `name` is the kind in Stripe's words.

        Raises:
            Refusal: `resource_missing`.
        """
        found = self.world.find(kind, self.identity, self.scope)
        if found is None:
            raise not_found(name, self.identity, "intent" if name == "payment_intent" else "id")
        return found


@dataclass(slots=True)
class Page:
    """A list as an answer; `more` are further fields, such as a search's `next_page`."""

    items: list[ObjectState]
    has_more: bool
    url: str
    kind: str = "list"
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """What does a request, and the parameters it takes."""

    run: Callable[[Call], ObjectState | Page]
    schema: Schema = field(default_factory=dict[str, Kind])
    required: tuple[str, ...] = ()
    publishable: bool = False
