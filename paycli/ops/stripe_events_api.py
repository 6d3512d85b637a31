"""Lists the events of a Stripe account, with a rate limit and retries with backoff."""

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
from paycli.ops.progress import Progress, no_progress
from paycli.ops.rate_limit import RateLimiter

PAGES_PER_SECOND = 15
"""Below Stripe's limit of 25 requests a second for one endpoint, which the daemon shares.

https://docs.stripe.com/rate-limits"""
RETENTION_SECONDS = 30 * 24 * 3600
"""For how long Stripe lists an event. https://docs.stripe.com/api/events"""
MAX_TYPES = 20
"""The most event types that one list request may name.

https://docs.stripe.com/api/events/list"""
_MAX_ATTEMPTS = 8
_MAX_BACKOFF_SECONDS = 30.0

T = TypeVar("T")


class EventsApi(Protocol):
    """The events of one account. Each call may raise StripeFailure."""

    def list(
        self, types: Sequence[str], since: int, until: int, position: str | None
    ) -> ResultPage[StripeEvent]:
        """Returns a page of events created from `since` to `until` (Unix seconds), newest first.

        At most 20 `types`; without any, events of all types.
        """

    def get(self, event_id: str) -> StripeEvent:
        """Returns one event. Raises EventNotFound."""


class EventsAccount(Protocol):
    """Stripe's API for one account, with one deadline for all calls."""

    @property
    def events(self) -> EventsApi:
        """The account's events."""


class EventsGateway(Protocol):
    """Opens Stripe's API with a deadline."""

    def open(self, account: str | None) -> EventsAccount:
        """Starts the deadline. `account` is a connected account, None our own."""


class StripeEventsReader:
    """Reads the events of our own account, or of the connected account `account`."""

    def __init__(
        self,
        gateway: EventsGateway,
        account: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gateway = gateway
        self._account = account
        self._sleep = sleep
        self._rate_limiter = RateLimiter(PAGES_PER_SECOND, sleep=sleep)

    def events(
        self, types: Sequence[str], since: int, until: int, progress: Progress = no_progress
    ) -> Iterator[StripeEvent]:
        """Yields the events of these types created from `since` to `until` (Unix seconds).

        They come newest first within each chunk of twenty types; without types, all of them do.
        Timeouts, outages and rate limits of Stripe are retried with backoff. Raises StripeFailure.
        """
        chunks = [types[i : i + MAX_TYPES] for i in range(0, len(types), MAX_TYPES)] or [()]
        for number, chunk in enumerate(chunks):
            for event in self._list(chunk, since, until):
                created = event.created or since
                fraction = (until - created) / max(until - since, 1)
                progress("listing Stripe's events", (number + fraction) / len(chunks))
                yield event

    def event(self, event_id: str) -> StripeEvent:
        """Returns one event. Raises EventNotFound and any other StripeFailure."""
        try:
            return self._with_account(self._with_retries(lambda events: events.get(event_id)))
        except EventNotFound as error:
            raise EventNotFound(
                f"{error.detail}: Stripe keeps events for 30 days; events of a connected account "
                "need --account"
            ) from error

    def _list(self, types: Sequence[str], since: int, until: int) -> Iterator[StripeEvent]:
        page = self._page(types, since, until, None)
        yield from page.items
        while page.position is not None:
            page = self._page(types, since, until, page.position)
            yield from page.items

    def _page(
        self, types: Sequence[str], since: int, until: int, position: str | None
    ) -> ResultPage[StripeEvent]:
        page = self._with_retries(lambda events: events.list(types, since, until, position))
        return ResultPage(tuple(map(self._with_account, page.items)), page.position)

    def _with_account(self, event: StripeEvent) -> StripeEvent:
        """Adds the connected account, which webhooks have and the account's own list has not."""
        return event if self._account is None else replace(event, account=self._account)

    def _with_retries(self, call: Callable[[EventsApi], T]) -> T:
        attempts = 0
        while True:
            self._rate_limiter.wait()
            try:
                return call(self._gateway.open(self._account).events)
            except (RateLimited, StripeUnavailable, StripeTimeout) as error:
                attempts += 1
                if attempts == _MAX_ATTEMPTS:
                    raise
                self._sleep(_backoff_seconds(error, attempts))


def _backoff_seconds(error: StripeFailure, attempts: int) -> float:
    if error.retry_after_seconds is not None:
        return error.retry_after_seconds
    longest = min(_MAX_BACKOFF_SECONDS, 0.25 * 2.0**attempts)
    return longest * random.uniform(0.5, 1)  # noqa: S311  (jitter)
