"""Stripe's limits at a rate of webhooks, each with its source."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.measurements import Table
from paycli.ops.stripe_events_api import PAGES_PER_SECOND

WEBHOOKS_OF_A_PAYMENT = 4
"""Assumed: payment_intent.created, payment_intent.succeeded, charge.succeeded, charge.updated."""
RATE_LIMITS = "https://docs.stripe.com/rate-limits"
EVENTS_OF_A_PAGE = 100
HOUR_SECONDS = 3_600


@dataclass(frozen=True)
class Limit:
    """A limit of a live account, which Stripe raises on request.

    Attributes:
        name: What is limited.
        per_second: The limit, in requests per second.
        requests: How many of these requests a payment takes.
    """

    name: str
    per_second: int
    requests: int

    def webhooks(self) -> float:
        """Return the webhooks per second of an account that uses the limit fully."""
        return self.per_second / self.requests * WEBHOOKS_OF_A_PAYMENT


LIMITS = (
    Limit("all requests of an account, 2 for a payment: create and capture", 100, 2),
    Limit("requests to one endpoint, 1 for a payment: create", 25, 1),
)


def accounts(rate: float) -> int:
    """Return the number of accounts whose payments may cause `rate` webhooks per second."""
    return math.ceil(rate / webhooks_of_an_account())


def webhooks_of_an_account() -> float:
    """Return the webhooks per second of an account under the lowest of its limits."""
    return min(limit.webhooks() for limit in LIMITS)


def table(rates: Sequence[float]) -> Table:
    """Return what each limit means for some rates of webhooks per second."""
    lowest = min(LIMITS, key=Limit.webhooks)
    rows = [
        ["payments/s", "", "", *(f"{rate / WEBHOOKS_OF_A_PAYMENT:,.1f}" for rate in rates)],
        *(
            [
                f"accounts: {limit.name}{' (the bottleneck)' if limit is lowest else ''}",
                f"{limit.per_second}/s",
                RATE_LIMITS,
                *(f"{math.ceil(rate / limit.webhooks()):,}" for rate in rates),
            ]
            for limit in LIMITS
        ),
        [
            f"minutes to list an hour of events, {PAGES_PER_SECOND} pages/s and account",
            f"25/s, {EVENTS_OF_A_PAGE} a page",
            "https://docs.stripe.com/api/events/list",
            *(f"{_minutes_to_list(rate):.1f}" for rate in rates),
        ],
        [
            "webhooks per second or in flight to an endpoint",
            "not published",
            "https://docs.stripe.com/webhooks",
            *("" for _ in rates),
        ],
        [
            "redelivery of a failed webhook",
            "three days",
            "https://docs.stripe.com/webhooks#retries",
            *("" for _ in rates),
        ],
    ]
    headings = ["", "Stripe's limit", "source", *(f"{rate:,.0f} webhooks/s" for rate in rates)]
    return Table("Stripe's own limits", headings, rows)


def _minutes_to_list(rate: float) -> float:
    pages = rate * HOUR_SECONDS / accounts(rate) / EVENTS_OF_A_PAGE
    return pages / PAGES_PER_SECOND / 60
