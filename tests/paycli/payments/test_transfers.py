"""The use cases of transfers, on an in-memory Stripe."""

import pytest

from harness.stripe_in_memory import InMemoryStripe, payment, use_cases
from paycli.errors import (
    AccountNotAllowed,
    CheckoutWithoutPayment,
    FieldsInvalid,
    PaymentNotSucceeded,
    TransferNotFound,
)
from paycli.models import CreateTransfer, ListTransfers, ReverseTransfer, TransferTerms
from paycli.permissions import Permissions

HOST = "acct_host"
SHARE = CreateTransfer(destination=HOST, amount=1800)


def captured(id_: str = "pi_1", /, **fields: object) -> InMemoryStripe:
    """Return a Stripe with a payment of which 2000 were captured."""
    stripe = InMemoryStripe()
    received = {"status": "succeeded", "amount_received": 2000, "reference": "booking-42"}
    stripe.existing = payment(id_, **{**received, **fields})
    return stripe


def test_a_transfer_has_the_currency_and_reference_of_its_payment() -> None:
    """It comes from the payment's charge, under the caller's key."""
    stripe = captured()
    use_cases(stripe).transfers.create("pi_1", SHARE, "k", "booking")
    assert (stripe.ids, stripe.reads) == (["pi_1"], [("transfers.source", "pi_1")])
    assert stripe.calls == [("transfers.create", stripe.source, SHARE, "eur", "booking-42")]
    assert stripe.keys == ["booking:k"]


def test_a_checkout_is_transferred_from_its_payment_intent() -> None:
    """Of a Session only its PaymentIntent has a charge, for transfers and for their list."""
    stripe = captured("cs_1", payment_id="pi_7")
    transfers = use_cases(stripe).transfers
    transfers.create("cs_1", SHARE, "k")
    transfers.list("cs_1", ListTransfers())
    sources = [call for call in stripe.reads if call[0] == "transfers.source"]
    assert sources == [("transfers.source", "pi_7")] * 2
    assert stripe.ids == ["cs_1", "pi_7", "cs_1"]


@pytest.mark.parametrize(
    ("fields", "has_charge"),
    [({"amount_received": 0}, True), ({}, False), ({"currency": None}, True)],
)
def test_nothing_is_transferred_before_a_capture(
    fields: dict[str, object], *, has_charge: bool
) -> None:
    """A charge whose amount is only held has none to transfer; the status is named."""
    stripe = captured("pi_1", **{"status": "requires_capture", **fields})
    if not has_charge:
        stripe.source = None
    with pytest.raises(PaymentNotSucceeded) as refused:
        use_cases(stripe).transfers.create("pi_1", SHARE, "k")
    assert refused.value.detail == (
        "nothing was captured of this payment, which is requires_capture: transfer from it when it "
        "has succeeded"
    )
    assert stripe.calls == []


def test_an_unpaid_checkout_has_no_transfers() -> None:
    """It has no PaymentIntent."""
    stripe = captured("cs_1", payment_id=None, status="open")
    transfers = use_cases(stripe).transfers
    with pytest.raises(CheckoutWithoutPayment):
        transfers.create("cs_1", SHARE, "k")
    with pytest.raises(CheckoutWithoutPayment):
        transfers.list("cs_1", ListTransfers())


def test_amounts_fit_the_currency() -> None:
    """ISK amounts end in 00, of a transfer and of a reversal; nothing is sent."""
    stripe = captured(currency="isk")
    stripe.terms = TransferTerms(HOST, "isk")
    transfers = use_cases(stripe).transfers
    for act in (
        lambda: transfers.create("pi_1", CreateTransfer(destination=HOST, amount=1805), "k"),
        lambda: transfers.reverse("tr_1", ReverseTransfer(amount=1805), "k"),
    ):
        with pytest.raises(FieldsInvalid) as refused:
            act()
        assert [problem.where for problem in refused.value.problems] == ["#/amount"]
    assert stripe.calls == []


def test_a_payment_without_a_charge_has_no_transfers() -> None:
    """Its list is empty, and the last page."""
    stripe = captured()
    stripe.source = None
    page = use_cases(stripe).transfers.list("pi_1", ListTransfers())
    assert (page.data, page.next_cursor) == ((), None)


def test_a_list_is_of_the_payments_charge() -> None:
    """Stripe gets the charge, the request and the position."""
    stripe = captured()
    request = ListTransfers(limit=3)
    use_cases(stripe).transfers.list("pi_1", request)
    assert stripe.reads[-1] == ("transfers.list", stripe.source, request, None)


@pytest.mark.parametrize(
    ("accounts", "destination", "allowed"),
    [
        (None, HOST, True),
        ({"self", HOST}, HOST, True),
        ({"self"}, HOST, False),
        ({"self", "acct_other"}, HOST, False),
        (set(), None, False),
    ],
)
def test_a_caller_reverses_transfers_to_its_own_accounts(
    accounts: set[str] | None, destination: str | None, *, allowed: bool
) -> None:
    """The account that a reversal takes money from is one of the caller's."""
    stripe = InMemoryStripe()
    stripe.terms = TransferTerms(destination, "eur")
    request = ReverseTransfer(amount=500)
    permissions = Permissions(accounts=None if accounts is None else frozenset(accounts))
    transfers = use_cases(stripe).transfers
    if allowed:
        transfers.reverse("tr_1", request, "k", "booking", permissions)
        assert stripe.calls == [("transfers.reverse", "tr_1", request)]
        assert stripe.keys == ["booking:k"]
    else:
        with pytest.raises(AccountNotAllowed):
            transfers.reverse("tr_1", request, "k", "booking", permissions)
        assert stripe.calls == []


def test_the_currency_of_a_transfer_is_that_of_its_account() -> None:
    """It is read in the account that was named."""
    stripe = InMemoryStripe()
    stripe.terms = TransferTerms(HOST, "isk")
    assert use_cases(stripe).transfers.currency("tr_1", "acct_1") == "isk"
    assert (stripe.opened, stripe.reads) == (["acct_1"], [("transfers.terms", "tr_1")])


@pytest.mark.parametrize("transfer_id", ["", "tr_", "pi_1", "tr_1/x", "TR_1", "tr_1\n", "tr_ü"])
def test_other_transfer_ids_are_never_sent_to_stripe(transfer_id: str) -> None:
    """An invalid id is reported as not found, and is not put into a path."""
    stripe = InMemoryStripe()
    transfers = use_cases(stripe).transfers
    for act in (
        lambda: transfers.reverse(transfer_id, ReverseTransfer(), "k"),
        lambda: transfers.currency(transfer_id),
    ):
        with pytest.raises(TransferNotFound, match="ids start with tr_"):
            act()
    assert (stripe.opened, stripe.calls) == ([], [])
