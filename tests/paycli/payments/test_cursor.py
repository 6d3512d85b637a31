"""Pagination cursors, on an in-memory Stripe."""

import pytest

from harness.stripe_in_memory import InMemoryStripe, use_cases
from paycli.errors import CursorInvalid
from paycli.models import ListPayments, ListRefunds


def test_a_cursor_returns_the_next_page_of_its_own_list() -> None:
    """The cursor of a page contains Stripe's position; the limit may change."""
    stripe = InMemoryStripe()
    payments = use_cases(stripe).payments
    first = payments.list(ListPayments(reference="r"))
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


@pytest.mark.parametrize("text", ["x", "pi_1", "ä", "====", "AAAAAAAA", "a" * 1000, "\x00", " "])
def test_a_malformed_cursor_is_refused(text: str) -> None:
    """Nothing is sent to Stripe for a cursor that was never returned."""
    stripe = InMemoryStripe()
    with pytest.raises(CursorInvalid):
        use_cases(stripe).payments.list(ListPayments(cursor=text))
    assert stripe.calls == []
