"""Lists, newest first, by cursor: https://docs.stripe.com/api/pagination."""

from collections.abc import Callable, Iterator
from itertools import islice

from paycli.sandbox.standin.call import Call, Page
from paycli.sandbox.standin.params import Params, Schema, integer, text
from paycli.sandbox.standin.refusals import Refusal, not_found
from paycli.sandbox.standin.world import Object

DEFAULT_LIMIT = 10
LIST: Schema = {"limit": integer(1, 100), "starting_after": text(), "ending_before": text()}


def listed(
    call: Call, kind: type[Object], url: str, wanted: Callable[[Object], bool] = lambda _: True
) -> Page:
    """One page of the objects of a kind that are wanted and of the time asked for.

    Raises:
        Refusal: the cursor is of no such object, or there are two.
    """
    asked = call.params
    limit = asked.number("limit") or DEFAULT_LIMIT
    after, before = _cursor(call, kind, "starting_after"), _cursor(call, kind, "ending_before")
    if after is not None and before is not None:
        raise Refusal("You can give starting_after or ending_before, not both.")
    in_time = _in_time(asked.inner("created"))
    newest_first: Iterator[Object] = (
        it
        for it in call.world.all_of(kind, before=after, after=before)
        if it.scope == call.scope and in_time(it.created) and wanted(it)
    )
    if before is None:
        found = list(islice(newest_first, limit + 1))
        return Page(list(found[:limit]), len(found) > limit, url)
    # The page that ends just before the cursor: the oldest of the newer ones.
    newer = list(newest_first)
    return Page(list(newer[-limit:]), len(newer) > limit, url)


def _cursor(call: Call, kind: type[Object], name: str) -> int | None:
    identity = call.params.text(name)
    if identity is None:
        return None
    found = call.world.find(kind, identity, call.scope)
    if found is None:
        raise not_found(kind.__name__.lower(), identity, name)
    return found.number


def _in_time(bounds: Params) -> Callable[[int], bool]:
    if not bounds.values:
        return lambda _: True
    above, least = bounds.number("gt"), bounds.number("gte")
    below, most = bounds.number("lt"), bounds.number("lte")
    return lambda time: (
        (above is None or time > above)
        and (least is None or time >= least)
        and (below is None or time < below)
        and (most is None or time <= most)
    )
