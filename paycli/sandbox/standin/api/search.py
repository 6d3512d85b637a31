"""Stripe's search query language: https://docs.stripe.com/search#search-query-language.

Clauses such as `metadata['reference']:'x'`, `status:'succeeded'`, `amount>1000`, `-currency:'eur'`,
joined by AND or by OR, not by both. Texts are compared without regard to case: all searchable
fields are tokens or numbers.
"""

import operator
import re
from collections.abc import Callable, Collection
from itertools import islice

from paycli.sandbox.standin.api.call import ApiCall, ListPage
from paycli.sandbox.standin.api.errors import StripeErrorResponse, missing_param
from paycli.sandbox.standin.api.params import Schema, integer, text
from paycli.sandbox.standin.store.objects import Json, ObjectState
from paycli.sandbox.standin.store.rendering import as_json
from paycli.sandbox.standin.store.store import AnyState

DEFAULT_LIMIT = 10
_TEXT = r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\""
_CLAUSE = re.compile(
    rf"\s*(?P<not>-)?(?P<field>\w+)(?:\[(?:{_TEXT})\])?\s*(?P<op>:|~|>=|<=|>|<)\s*"
    rf"(?:(?P<number>-?\d+)|(?P<null>null)\b|(?:{_TEXT}))\s*"
)
_JOIN = re.compile(r"(AND|OR)\b", re.IGNORECASE)
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    ":": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
SEARCH: Schema = {"query": text(), "limit": integer(1, 100), "page": text()}

Predicate = Callable[[Json], bool]


def search_page(
    call: ApiCall,
    kind: type[AnyState],
    fields: Collection[str],
    included: Callable[[AnyState], bool] = lambda _: True,
) -> ListPage:
    """A page of the objects that match the query, newest first; `page` is a `next_page`.

    `fields` can be searched; only objects that are `included` are found.

    Raises:
        StripeErrorResponse: the query or the page is not valid.
    """
    params = call.params
    query = params.text("query")
    if query is None:
        raise missing_param("query")
    matches = parse_query(query, fields)
    before = params.text("page")
    if before is not None and not before.isdecimal():
        message = "Invalid page: pass the next_page of the previous response."
        raise StripeErrorResponse(message, param="page")
    limit = params.number("limit") or DEFAULT_LIMIT
    found = list(
        islice(
            (
                state
                for state in call.store.newest_first(kind, before=int(before) if before else None)
                if state.scope == call.scope and included(state) and matches(as_json(state))
            ),
            limit + 1,
        )
    )
    items: list[ObjectState] = list(found[:limit])
    has_more = len(found) > limit
    next_page = str(items[-1].number) if has_more else None
    url = f"{kind.URL}/search"
    return ListPage(items, has_more, url, "search_result", {"next_page": next_page})


def parse_query(query: str, fields: Collection[str]) -> Predicate:
    """The query as a predicate on an object's JSON. Raises StripeErrorResponse."""
    predicates: list[Predicate] = []
    joins: set[str] = set()
    position = 0
    while True:
        clause = _CLAUSE.match(query, position)
        if clause is None:
            raise _invalid_query(f"syntax error at character {position + 1}")
        predicates.append(_predicate(clause, fields))
        position = clause.end()
        if position == len(query):
            break
        join = _JOIN.match(query, position)
        # Clauses without AND or OR between them are joined by AND.
        joins.add(join[1].upper() if join else "AND")
        position = join.end() if join else position
    if len(joins) > 1:
        raise _invalid_query("AND and OR can't be mixed")
    combine = any if joins == {"OR"} else all
    return lambda json: combine(predicate(json) for predicate in predicates)


def _predicate(clause: re.Match[str], fields: Collection[str]) -> Predicate:
    _, name, key1, key2, sign, number, null, text1, text2 = clause.groups()
    key = _unescape(key1 or key2)
    text = _unescape(text1 if text1 is not None else text2)
    if name not in fields or (name == "metadata") != (key is not None):
        raise _invalid_query(f"the field {name} can't be searched")

    def value(json: Json) -> object:
        field = json[name]
        return field.get(key) if key is not None and isinstance(field, dict) else field

    if null:
        positive: Predicate = lambda json: value(json) is None  # noqa: E731  (one of three)
    elif name in ("amount", "created"):
        positive = _numeric(name, sign, number or text, value)
    elif sign == ":":
        whole = (text or number or "").casefold()
        positive = lambda json: _folded(value(json)) == whole  # noqa: E731  (see above)
    elif sign == "~":
        part = (text or number or "").casefold()
        positive = lambda json: part in (_folded(value(json)) or "")  # noqa: E731  (see above)
    else:
        raise _invalid_query(f"{sign} is not supported for {name}")
    return (lambda json: not positive(json)) if clause["not"] else positive


def _folded(value: object) -> str | None:
    return value.casefold() if isinstance(value, str) else None


def _numeric(
    name: str, sign: str, number: str | None, value: Callable[[Json], object]
) -> Predicate:
    if number is None or not number.lstrip("-").isdecimal() or sign not in _COMPARISONS:
        raise _invalid_query(f"{name} must be compared with a number")
    compare, expected = _COMPARISONS[sign], int(number)

    def predicate(json: Json) -> bool:
        actual = value(json)
        return isinstance(actual, int) and compare(actual, expected)

    return predicate


def _unescape(text: str | None) -> str | None:
    return None if text is None else re.sub(r"\\(.)", r"\1", text)


def _invalid_query(reason: str) -> StripeErrorResponse:
    message = f"We were unable to parse your search query: {reason}."
    return StripeErrorResponse(message, param="query")
