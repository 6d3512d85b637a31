"""Stripe's events, which Stripe stores for 30 days."""

import json
from collections.abc import Sequence
from email.utils import parsedate_to_datetime

from pydantic import BaseModel, ConfigDict, JsonValue, RootModel

from paycli import errors
from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.params import without_none
from paycli.events.stripe_event import StripeEvent, parse_event
from paycli.models import ResultPage
from paycli.models.fields import MAX_PAGE

_EVENTS = "/v1/events"


class EventObject(RootModel[dict[str, JsonValue]]):
    """An event as Stripe sent it; its shape depends on its API version."""

    def to_event(self) -> StripeEvent:
        """Parses it like an event from a webhook. Raises StripeUnavailable."""
        try:
            return parse_event(json.dumps(self.root).encode())
        except errors.NotAStripeEvent:
            raise errors.StripeUnavailable("Stripe's response is not an event") from None


class EventList(BaseModel):
    """https://docs.stripe.com/api/events/list."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    data: list[EventObject]
    has_more: bool


class StripeEvents:
    """Stripe's events of one account. Each call may raise StripeFailure."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def list(
        self, types: Sequence[str], since: int, until: int, position: str | None
    ) -> ResultPage[StripeEvent]:
        """Returns a page of events created from `since` to `until` (Unix seconds), newest first.

        At most 20 `types`; without any, events of all types. https://docs.stripe.com/api/events/list
        """
        params = without_none(
            types=list(types) or None,
            created={"gte": since, "lte": until},
            limit=MAX_PAGE,
            starting_after=position,
        )
        page = self._calls.get(EventList, _EVENTS, params)
        events = tuple(each.to_event() for each in page.data)
        return ResultPage(events, events[-1].id if events and page.has_more else None)

    def get(self, event_id: str) -> StripeEvent:
        """Returns one event. Raises EventNotFound. https://docs.stripe.com/api/events/retrieve."""
        path = f"{_EVENTS}/{event_id}"
        return self._calls.get(EventObject, path, missing=errors.EventNotFound).to_event()

    def server_time(self) -> float | None:
        """Returns Stripe's clock (Unix seconds) from the header `Date`, None without one."""
        date = self._calls.get_response(EventList, _EVENTS, {"limit": 1}).date
        try:
            return None if date is None else parsedate_to_datetime(date).timestamp()
        except (ValueError, OverflowError):  # a field of the date is out of range
            return None
