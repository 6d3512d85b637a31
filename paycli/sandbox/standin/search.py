"""Stripe's search language: https://docs.stripe.com/search#search-query-language.

Clauses such as `metadata['reference']:'x'`, `status:'succeeded'`, `amount>1000`, `-currency:'eur'`,
joined by AND or by OR, not by both.
"""

import operator
import re
from collections.abc import Callable
from itertools import islice

from paycli.sandbox.standin.call import Call, Page
from paycli.sandbox.standin.refusals import Refusal, missing
from paycli.sandbox.standin.rendering import as_json
from paycli.sandbox.standin.resources.payment_objects import ObjectState
from paycli.sandbox.standin.world import Object

DEFAULT_LIMIT = 10
_TEXT = r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\""
_CLAUSE = re.compile(
    rf"\s*(?P<not>-)?(?P<field>\w+)(?:\[(?:{_TEXT})\])?\s*(?P<op>:|~|>=|<=|>|<)\s*"
    rf"(?:(?P<number>-?\d+)|(?P<null>null)\b|(?:{_TEXT}))\s*"
)
_JOIN = re.compile(r"(AND|OR)\b", re.IGNORECASE)
_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    ":": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
FIELDS = ("amount", "created", "currency", "customer", "metadata", "status")

Test = Callable[[dict[str, object]], bool]


def searched(call: Call, kind: type[Object], url: str) -> Page:
    """One page of what the query finds, newest first; `page` is the `next_page` of the last one.

    Raises:
        Refusal: the query or the page is not understood.
    """
    asked = call.params
    query = asked.text("query")
    if query is None:
        raise missing("query")
    test = understood(query)
    before = asked.text("page")
    if before is not None and not before.isdecimal():
        raise Refusal("Invalid page: give the next_page of the answer before.", param="page")
    limit = asked.number("limit") or DEFAULT_LIMIT
    found = list(
        islice(
            (
                it
                for it in call.world.all_of(kind, before=int(before) if before else None)
                if it.scope == call.scope and test(as_json(it))
            ),
            limit + 1,
        )
    )
    items: list[ObjectState] = list(found[:limit])
    has_more = len(found) > limit
    next_page = str(items[-1].number) if has_more else None
    return Page(items, has_more, url, "search_result", {"next_page": next_page})


def understood(query: str) -> Test:
    """What the query asks of an object's JSON."""
    tests: list[Test] = []
    joins: set[str] = set()
    position = 0
    while True:
        clause = _CLAUSE.match(query, position)
        if clause is None:
            raise _wrong(f"it is not understood from character {position + 1} on")
        tests.append(_test(clause))
        position = clause.end()
        if position == len(query):
            break
        join = _JOIN.match(query, position)
        # Without a word between them, clauses are joined by AND.
        joins.add(join[1].upper() if join else "AND")
        position = join.end() if join else position
    if len(joins) > 1:
        raise _wrong("AND and OR can't be mixed")
    together = any if joins == {"OR"} else all
    return lambda json: together(test(json) for test in tests)


def _test(clause: re.Match[str]) -> Test:
    _, name, key1, key2, sign, number, null, text1, text2 = clause.groups()
    key = _unescaped(key1 or key2)
    text = _unescaped(text1 if text1 is not None else text2)
    if name not in FIELDS or (name == "metadata") != (key is not None):
        raise _wrong(f"the field {name} can't be searched")

    def value(json: dict[str, object]) -> object:
        it = json[name]
        return it.get(key) if key is not None and isinstance(it, dict) else it

    if null:
        positive: Test = lambda json: value(json) is None  # noqa: E731  (one of three)
    elif name in ("amount", "created"):
        positive = _numeric(name, sign, number or text, value)
    elif sign == ":":
        positive = lambda json: value(json) == (text or number)  # noqa: E731  (see above)
    elif sign == "~":
        part = (text or number or "").casefold()
        positive = lambda json: part in str(value(json) or "").casefold()  # noqa: E731  (see above)
    else:
        raise _wrong(f"{sign} does not go with {name}")
    return (lambda json: not positive(json)) if clause["not"] else positive


def _numeric(
    name: str, sign: str, number: str | None, value: Callable[[dict[str, object]], object]
) -> Test:
    if number is None or not number.lstrip("-").isdecimal() or sign not in _NUMBERS:
        raise _wrong(f"{name} is compared with a number")
    compare, wanted = _NUMBERS[sign], int(number)

    def test(json: dict[str, object]) -> bool:
        it = value(json)
        return isinstance(it, int) and compare(it, wanted)

    return test


def _unescaped(text: str | None) -> str | None:
    return None if text is None else re.sub(r"\\(.)", r"\1", text)


def _wrong(why: str) -> Refusal:
    return Refusal(f"We were unable to parse your search query: {why}.", param="query")
