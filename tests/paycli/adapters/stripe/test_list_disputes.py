"""Disputes by status, which Stripe's list cannot filter by."""

from collections.abc import Iterator

import pytest

from harness.stripe import Stripe
from paycli.adapters.stripe.gateway import StripeGateway
from paycli.models import ListDisputes
from paycli.settings import StripeSettings

COUNT = 205
"""More than two of Stripe's largest pages."""
LOST = (0, 1, 3, 103, 203)
"""Which of the disputes are lost, from the oldest on; the newest page has one."""


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[StripeGateway, list[str]]]:
    """Give an account with many disputes, and their ids, the newest first."""
    with Stripe() as stripe:
        form = {"amount": "2000", "currency": "eur", "confirm": "true"}
        form |= {"payment_method": "pm_card_createDispute", "return_url": "https://shop.test"}
        for _ in range(COUNT):
            assert stripe.call("POST", "/v1/payment_intents", form).status == 200
        settings = StripeSettings.model_validate(
            {"PAYCLI_STRIPE_API_KEY": "sk_test_1", "PAYCLI_STRIPE_API_BASE": stripe.url}
        )
        gateway = StripeGateway(settings)
        ids = ids_of(gateway, ListDisputes(limit=100))
        assert len(ids) == COUNT
        for number in LOST:
            gateway.open(None).disputes.accept(ids[-1 - number], f"key-{number}")
        yield gateway, ids


def ids_of(gateway: StripeGateway, request: ListDisputes) -> list[str]:
    """Return the ids on all pages; none is longer than the limit, and only the last is empty."""
    ids: list[str] = []
    position: str | None = None
    while True:
        page = gateway.open(None).disputes.list(None, request, position)
        ids += [each.id for each in page.items]
        assert len(page.items) <= request.limit
        position = page.position
        if position is None:
            return ids
        assert page.items


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_every_page_size_finds_exactly_those_with_the_status(
    opened: tuple[StripeGateway, list[str]], limit: int
) -> None:
    """Each once, newest first, however far apart they are in Stripe's list."""
    gateway, ids = opened
    expected = [ids[-1 - number] for number in sorted(LOST, reverse=True)]
    assert ids_of(gateway, ListDisputes(status="lost", limit=limit)) == expected
    assert ids_of(gateway, ListDisputes(status="won", limit=limit)) == []


def test_the_control_lists_all_others(opened: tuple[StripeGateway, list[str]]) -> None:
    """The others have the status that they were opened with."""
    gateway, ids = opened
    lost = {ids[-1 - number] for number in LOST}
    found = ids_of(gateway, ListDisputes(status="needs_response", limit=7))
    assert found == [each for each in ids if each not in lost]
