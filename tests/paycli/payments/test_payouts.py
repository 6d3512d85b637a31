"""All lines of a payout, page by page, and their sum, on an in-memory Stripe."""

import pytest

from harness.stripe_in_memory import InMemoryStripe, use_cases
from paycli.models import ListPayoutTransactions, Payout, PayoutTransaction, ResultPage
from paycli.payments.payouts import PayoutCheck

PAYOUT = Payout(
    id="po_1",
    status="paid",
    amount=3000,
    currency="eur",
    arrival_date="2026-02-02",
    automatic=True,
    failure_code=None,
    created_at="2026-01-31T12:00:00Z",
)


def line(net: int, currency: str = "eur") -> PayoutTransaction:
    """Return a line of a payout."""
    return PayoutTransaction(
        id=f"txn_{net}",
        type="charge",
        amount=net,
        fee=0,
        net=net,
        currency=currency,
        payment_id=None,
        refund_id=None,
        dispute_id=None,
        reference=None,
        created_at="2026-01-31T12:00:00Z",
        available_on="2026-02-01T00:00:00Z",
    )


@pytest.mark.parametrize("account", [None, "acct_1"])
def test_every_line_of_every_page_is_yielded_in_order(account: str | None) -> None:
    """Also after an empty page, each page in the account and as large as Stripe allows."""
    stripe = InMemoryStripe()
    stripe.lines = [
        ResultPage((line(1), line(2)), "a"),
        ResultPage((), "b"),
        ResultPage((line(3),), None),
    ]
    lines = use_cases(stripe).payouts.every_transaction("po_1", account)
    assert [each.net for each in lines] == [1, 2, 3]
    assert stripe.opened == [account] * 3
    requests = []
    for call, payout_id, request, position in stripe.reads:
        assert isinstance(request, ListPayoutTransactions)
        requests.append((call, payout_id, request.limit, position))
    assert requests == [("payouts.transactions", "po_1", 100, at) for at in (None, "a", "b")]


@pytest.mark.parametrize(
    ("lines", "holds", "net", "in_other_currencies"),
    [
        ([line(3500), line(-500)], True, 3000, 0),
        ([line(3500)], False, 3500, 0),
        ([line(2999)], False, 2999, 0),
        ([], False, 0, 0),
        ([line(3000), line(0, "huf"), line(7, "huf")], False, 3000, 2),
    ],
)
def test_lines_are_compared_with_the_payout(
    lines: list[PayoutTransaction], net: int, in_other_currencies: int, *, holds: bool
) -> None:
    """It holds if exactly its amount, and nothing in another currency, has passed unchanged."""
    check = PayoutCheck(PAYOUT)
    assert list(check.count(lines)) == lines
    assert (check.lines, check.net, check.in_other_currencies, check.holds) == (
        len(lines),
        net,
        in_other_currencies,
        holds,
    )
