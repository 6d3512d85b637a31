"""Lists, newest first, by cursor: https://docs.stripe.com/api/pagination."""

from collections.abc import Callable, Iterator
from itertools import islice

from paycli.sandbox.standin.api.call import ApiCall, ListPage
from paycli.sandbox.standin.api.errors import StripeErrorResponse, not_found
from paycli.sandbox.standin.api.params import Params, Schema, integer, text
from paycli.sandbox.standin.store.store import AnyState

DEFAULT_LIMIT = 10
LIST: Schema = {"limit": integer(1, 100), "starting_after": text(), "ending_before": text()}


def list_page(
    call: ApiCall, kind: type[AnyState], matches: Callable[[AnyState], bool] = lambda _: True
) -> ListPage:
    """A page of the objects of a class that match and were created in the requested time.

    Raises:
        StripeErrorResponse: there is no object with the cursor's id, or there are two cursors.
    """
    params = call.params
    limit = params.number("limit") or DEFAULT_LIMIT
    after, before = _cursor(call, kind, "starting_after"), _cursor(call, kind, "ending_before")
    if after is not None and before is not None:
        raise StripeErrorResponse("You can give starting_after or ending_before, not both.")
    in_range = _in_range(params.inner("created"))
    newest_first: Iterator[AnyState] = (
        state
        for state in call.store.newest_first(kind, before=after, after=before)
        if state.scope == call.scope and in_range(state.created) and matches(state)
    )
    if before is None:
        page = list(islice(newest_first, limit + 1))
        return ListPage(list(page[:limit]), len(page) > limit, kind.URL)
    # The page that ends just before the cursor: the oldest of the newer objects.
    newer = list(newest_first)
    return ListPage(list(newer[-limit:]), len(newer) > limit, kind.URL)


def _cursor(call: ApiCall, kind: type[AnyState], name: str) -> int | None:
    object_id = call.params.text(name)
    if object_id is None:
        return None
    found = call.store.find(kind, object_id, call.scope)
    if found is None:
        raise not_found(kind.TYPE, object_id, name)
    return found.number


def _in_range(bounds: Params) -> Callable[[int], bool]:
    if not bounds.values:
        return lambda _: True
    above, minimum = bounds.number("gt"), bounds.number("gte")
    below, maximum = bounds.number("lt"), bounds.number("lte")
    return lambda time: (
        (above is None or time > above)
        and (minimum is None or time >= minimum)
        and (below is None or time < below)
        and (maximum is None or time <= maximum)
    )
