"""What an operation of the API gets and returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from paycli.sandbox.standin.api.errors import not_found
from paycli.sandbox.standin.api.params import Params, Parser, Schema
from paycli.sandbox.standin.store.objects import ObjectState, RequestOrigin, Scope
from paycli.sandbox.standin.store.store import AnyState, Store


@dataclass(slots=True)
class ApiCall:
    """An authenticated request with validated parameters.

    `ids` are those in the path, from left to right. `publishable`: the caller has only a
    publishable key, as a browser does; it can access one payment or setup by its `client_secret`.
    """

    store: Store
    scope: Scope
    origin: RequestOrigin
    params: Params
    ids: tuple[str, ...] = ()
    publishable: bool = False

    def with_params(self, **values: object) -> "ApiCall":
        """The same call with only these parameters."""
        return replace(self, params=Params(values))

    def find(self, kind: type[AnyState]) -> AnyState:
        """The object with the first id in the path.

        Raises:
            StripeErrorResponse: `resource_missing`.
        """
        found = self.store.find(kind, self.ids[0], self.scope)
        if found is None:
            raise not_found(kind.TYPE, self.ids[0], kind.ID_PARAM)
        return found


@dataclass(slots=True)
class ListPage:
    """A page of a list; `extra` are further fields, such as a search's `next_page`."""

    items: list[ObjectState]
    has_more: bool
    url: str
    kind: str = "list"
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """The operation of a route, and its parameters; `publishable` keys may be allowed."""

    run: Callable[[ApiCall], ObjectState | ListPage]
    schema: Schema = field(default_factory=dict[str, Parser])
    required: tuple[str, ...] = ()
    publishable: bool = False


Routes = Mapping[tuple[str, str], ApiRoute]
"""By method and path; segments such as `{id}` stand for any id."""
