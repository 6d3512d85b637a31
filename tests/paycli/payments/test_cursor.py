"""Pagination cursors, on an in-memory Stripe."""

import string
from collections.abc import Callable
from typing import Protocol

import pytest

from harness.stripe_in_memory import InMemoryStripe, use_cases
from paycli.errors import CursorInvalid
from paycli.models import (
    ListCustomers,
    ListDisputes,
    ListPaymentMethods,
    ListPayments,
    ListPayouts,
    ListPayoutTransactions,
    ListRefunds,
    ListSetups,
    ListTransfers,
    ResultPage,
)
from paycli.payments.cursor import decode, encode
from paycli.payments.use_cases import UseCases
from server.openapi.operations import OPERATIONS


class Page(Protocol):
    """A page of any list."""

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the next page."""


LISTS: dict[str, Callable[[UseCases, str | None], Page]] = {
    "listPayments": lambda cases, cursor: cases.payments.list(ListPayments(cursor=cursor)),
    "listRefunds": lambda cases, cursor: cases.refunds.list("pi_1", ListRefunds(cursor=cursor)),
    "listRefunds of another": lambda cases, cursor: cases.refunds.list(
        "pi_2", ListRefunds(cursor=cursor)
    ),
    "listTransfers": lambda cases, cursor: cases.transfers.list(
        "pi_1", ListTransfers(cursor=cursor)
    ),
    "listTransfers of another": lambda cases, cursor: cases.transfers.list(
        "pi_2", ListTransfers(cursor=cursor)
    ),
    "listCustomers": lambda cases, cursor: cases.customers.list(ListCustomers(cursor=cursor)),
    "listPaymentMethods": lambda cases, cursor: cases.payment_methods.list(
        "cus_1", ListPaymentMethods(cursor=cursor)
    ),
    "listPaymentMethods of another": lambda cases, cursor: cases.payment_methods.list(
        "cus_2", ListPaymentMethods(cursor=cursor)
    ),
    "listSetups": lambda cases, cursor: cases.setups.list(ListSetups(cursor=cursor)),
    "listDisputes": lambda cases, cursor: cases.disputes.list(ListDisputes(cursor=cursor)),
    "listPayouts": lambda cases, cursor: cases.payouts.list(ListPayouts(cursor=cursor)),
    "listPayoutTransactions": lambda cases, cursor: cases.payouts.transactions(
        "po_1", ListPayoutTransactions(cursor=cursor)
    ),
    "listPayoutTransactions of another": lambda cases, cursor: cases.payouts.transactions(
        "po_2", ListPayoutTransactions(cursor=cursor)
    ),
}


def test_every_list_is_among_these() -> None:
    """No list is left out."""
    listed = {each.id for each in OPERATIONS if each.id.startswith("list")}
    assert {name.partition(" ")[0] for name in LISTS} == listed


@pytest.mark.parametrize("read", LISTS.values(), ids=list(LISTS))
def test_each_page_starts_where_the_previous_one_ended(
    read: Callable[[UseCases, str | None], Page],
) -> None:
    """The position that Stripe returned with a page is sent for the next one."""
    stripe = InMemoryStripe()
    cases = use_cases(stripe)
    cursor = None
    for _ in range(3):
        cursor = read(cases, cursor).next_cursor
    positions = [
        each[-1] for each in (*stripe.calls, *stripe.reads) if "source" not in str(each[0])
    ]
    assert positions == [None, "after None", "after after None"]


@pytest.mark.parametrize("name", LISTS)
def test_lists_do_not_share_cursors(name: str) -> None:
    """A cursor is refused for every other list, also for the same kind of another object."""
    cases = use_cases(InMemoryStripe())
    cursor = LISTS[name](cases, None).next_cursor
    assert cursor
    for other in LISTS.keys() - {name}:
        with pytest.raises(CursorInvalid):
            LISTS[other](cases, cursor)


def test_a_cursor_returns_the_next_page_of_its_own_list() -> None:
    """The cursor of a page contains Stripe's position; the limit may change."""
    stripe = InMemoryStripe()
    payments = use_cases(stripe).payments
    first = payments.list(ListPayments(reference="r"))
    assert first.next_cursor
    assert "=" not in first.next_cursor  # it needs no encoding in a query
    payments.list(ListPayments(reference="r", cursor=first.next_cursor, limit=3))
    assert stripe.calls == [("list", 10, None), ("list", 3, "after None")]


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"reference": "s"},
        {"reference": "r", "status": "succeeded"},
        {"reference": "r", "account": "acct_1"},
        {"reference": "r", "created_from": "2026-01-31T12:00:00Z"},
    ],
)
def test_a_cursor_of_another_list_is_refused(other: dict[str, str]) -> None:
    """A cursor is only valid with the parameters of the request that returned it."""
    stripe = InMemoryStripe()
    cases = use_cases(stripe)
    payments, refunds = cases.payments, cases.refunds
    cursor = payments.list(ListPayments(reference="r")).next_cursor
    with pytest.raises(CursorInvalid, match="start without a cursor"):
        payments.list(ListPayments.from_fields({**other, "cursor": cursor}))
    with pytest.raises(CursorInvalid):
        refunds.list("pi_1", ListRefunds(cursor=cursor))
    assert len(stripe.calls) == 1


def test_a_cursor_has_the_whole_position() -> None:
    """Whatever Stripe's position ends with, and whatever its length, it is returned unchanged."""
    for start in ("pi_", "pi_1", "pi_12"):
        for end in string.ascii_letters + string.digits:
            page: ResultPage[object] = ResultPage((), start + end)
            cursor = encode("payments", page)
            assert decode("payments", cursor) == start + end


@pytest.mark.parametrize("text", ["x", "pi_1", "ä", "====", "AAAAAAAA", "a" * 1000, "\x00", " "])
def test_a_malformed_cursor_is_refused(text: str) -> None:
    """Nothing is sent to Stripe for a cursor that was never returned."""
    stripe = InMemoryStripe()
    with pytest.raises(CursorInvalid):
        use_cases(stripe).payments.list(ListPayments(cursor=text))
    assert stripe.calls == []
