"""What the states of all of Stripe's objects have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

Json = dict[str, object]


class Scope(NamedTuple):
    """An account and a mode: requests see only the objects of their own scope."""

    account: str
    livemode: bool


class RequestOrigin(NamedTuple):
    """The request that caused an event; both None if no request did."""

    request_id: str | None = None
    idempotency_key: str | None = None


NO_REQUEST = RequestOrigin()


@dataclass(slots=True, kw_only=True, eq=False)
class ObjectState:
    """The state of one object; `number` grows with each object, `rendered` caches its JSON.

    Class attributes: TYPE is Stripe's name of the object, URL the path of its list, ID_PARAM the
    parameter that errors name for its id. EXPANDABLE has the fields with ids that can be expanded.
    POLYMORPHIC has those whose objects are of several types: a path that one type lacks is ignored.
    CACHED says whether the JSON is cached: it is large, or depends on the time, if not.
    """

    TYPE: ClassVar[str]
    URL: ClassVar[str] = ""
    ID_PARAM: ClassVar[str] = "id"
    EXPANDABLE: ClassVar[frozenset[str]] = frozenset()
    POLYMORPHIC: ClassVar[frozenset[str]] = frozenset()
    CACHED: ClassVar[bool] = True

    id: str
    scope: Scope
    created: int
    number: int
    rendered: bytes | None = None

    def mark_changed(self) -> None:
        """Drops the cached JSON; to be called after each change of the state."""
        self.rendered = None

    def inner_list(self, name: str) -> "Sequence[ObjectState | Json] | None":  # noqa: ARG002  (for subclasses)
        """The items of a list inside the object that only expansion shows; None: no such list."""
        return None


@dataclass(slots=True, kw_only=True, eq=False)
class JsonObjectState(ObjectState):
    """An object whose state is its JSON, such as a payout."""

    json: Json
