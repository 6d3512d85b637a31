"""Stripe's own record of what happened: its events of an account, page by page, unhurried."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from paycli.errors import (
    EventNotFound,
    RateLimited,
    StripeFailure,
    StripeTimeout,
    StripeUnavailable,
)
from paycli.events.stripe_event import StripeEvent
from paycli.models import ResultPage
from paycli.ops.rate_limit import Progress, RateLimiter, silent

PAGES_PER_SECOND = 15
"""Stripe allows 25 a second for one kind of call, and the daemon shares it.

https://docs.stripe.com/rate-limits"""
KEPT_SECONDS = 30 * 24 * 3600
"""How long Stripe lists events. https://docs.stripe.com/api/events"""
MAX_TYPES = 20
"""How many types one list may name. https://docs.stripe.com/api/events/list"""
_MAX_TRIES = 8
_MAX_PAUSE_SECONDS = 30.0

T = TypeVar("T")


class EventsApi(Protocol):
    """Stripe's events of one account. Each call may raise StripeFailure."""

    def list(
        self, types: Sequence[str], since: int, until: int, position: str | None
    ) -> ResultPage[StripeEvent]:
        """A page of events created from `since` to `until` (Unix seconds), newest first."""

    def get(self, event_id: str) -> StripeEvent:
        """One event; raises EventNotFound."""


class EventsAccount(Protocol):
    """Stripe for one account; all calls end by one deadline."""

    @property
    def events(self) -> EventsApi:
        """Its events."""


class EventsGateway(Protocol):
    """Opens Stripe for one call."""

    def open(self, account: str | None) -> EventsAccount:
        """Starts the deadline; `account` is a connected account, None our own."""


class StripeEventsReader:
    """The events of our own account, or of the connected one `account`."""

    def __init__(
        self,
        gateway: EventsGateway,
        account: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gateway = gateway
        self._account = account
        self._sleep = sleep
        self._pace = RateLimiter(PAGES_PER_SECOND, sleep=sleep)

    def events(
        self, types: Sequence[str], since: int, until: int, progress: Progress = silent
    ) -> Iterator[StripeEvent]:
        """Events of these types created from `since` to `until` (Unix seconds).

        Newest first for each twenty of the types. When Stripe is slow, away or sets its limit, it
        is asked again for a while. Raises StripeFailure.
        """
        parts = [types[i : i + MAX_TYPES] for i in range(0, len(types), MAX_TYPES)]
        for number, some in enumerate(parts):
            for event in self._listed(some, since, until):
                created = event.created or since
                come = (until - created) / max(until - since, 1)
                progress("listing Stripe's events", (number + come) / len(parts))
                yield event

    def event(self, event_id: str) -> StripeEvent:
        """One event. Raises EventNotFound and any other StripeFailure."""
        try:
            return self._owned(self._retried(lambda events: events.get(event_id)))
        except EventNotFound as error:
            raise EventNotFound(
                f"{error.detail}: Stripe keeps events for 30 days, and those of connected "
                "accounts apart (--account)"
            ) from error

    def _listed(self, types: Sequence[str], since: int, until: int) -> Iterator[StripeEvent]:
        page = self._page(types, since, until, None)
        yield from page.items
        while page.position is not None:
            page = self._page(types, since, until, page.position)
            yield from page.items

    def _page(
        self, types: Sequence[str], since: int, until: int, position: str | None
    ) -> ResultPage[StripeEvent]:
        page = self._retried(lambda events: events.list(types, since, until, position))
        return ResultPage(tuple(map(self._owned, page.items)), page.position)

    def _owned(self, event: StripeEvent) -> StripeEvent:
        """An account's own list doesn't say whose it is, as webhooks to us do."""
        return event if self._account is None else replace(event, account=self._account)

    def _retried(self, call: Callable[[EventsApi], T]) -> T:
        tries = 0
        while True:
            self._pace.wait()
            try:
                return call(self._gateway.open(self._account).events)
            except (RateLimited, StripeUnavailable, StripeTimeout) as error:
                tries += 1
                if tries == _MAX_TRIES:
                    raise
                self._sleep(_pause(error, tries))


def _pause(error: StripeFailure, tries: int) -> float:
    if error.retry_after_seconds is not None:
        return error.retry_after_seconds
    longest = min(_MAX_PAUSE_SECONDS, 0.25 * 2.0**tries)
    return longest * random.uniform(0.5, 1)  # noqa: S311  (jitter)
