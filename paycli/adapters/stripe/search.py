"""Stripe's search, limited to exact matches: https://docs.stripe.com/search."""

from collections.abc import Callable

from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.objects import Listed, ObjectList
from paycli.adapters.stripe.params import Params
from paycli.models import ResultPage


def quoted(text: str) -> str:
    """Quotes a text for a query, so that it cannot add conditions."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def search_page(
    calls: StripeCalls,
    kind: type[ObjectList[Listed]],
    path: str,
    params: Params,
    matches: Callable[[Listed], bool],
) -> ResultPage[Listed]:
    """Returns the next page of the results that match. Raises StripeFailure.

    Stripe compares texts without regard to case, and its index can be a minute old, so that a
    query also finds objects that were not asked for. Without them a page can be shorter than the
    limit. It is empty only if there is no further page: otherwise it would look like the end of the
    list.
    """
    while True:
        found = calls.get(kind, path, params)
        items = tuple(each for each in found.data if matches(each))
        if items or found.position is None:
            return ResultPage(items, found.position)
        params = {**params, "page": found.position}
