"""A Stripe event as it comes in: read from verified bytes, trusted in nothing but its signature.

https://docs.stripe.com/api/events/object, https://docs.stripe.com/event-destinations#thin-payload
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import JsonValue
from pydantic_core import from_json

from paycli.errors import NotAStripeEvent

JsonObject = Mapping[str, JsonValue]

_THIN = "v2.core.event"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """A Stripe event; None where Stripe sent nothing of the right type.

    `object` is the event's object as Stripe rendered it: it can hold a `client_secret` and billing
    details, so it is never printed, and only the catalogue reads it. `created` in Unix seconds.
    """

    id: str
    type: str
    thin: bool
    api_version: str | None
    created: int | None
    livemode: bool | None
    account: str | None
    object: JsonObject | None
    previous_attributes: JsonObject

    def __repr__(self) -> str:
        return f"StripeEvent({self.id!r}, {self.type!r})"


def parse_event(body: bytes) -> StripeEvent:
    """The event in a verified body. Raises NotAStripeEvent for anything else."""
    try:
        event = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise NotAStripeEvent("the body is not JSON (UTF-8)") from None
    return event_from_json(event)


def event_from_json(event: JsonValue) -> StripeEvent:
    """The event that a JSON value tells. Raises NotAStripeEvent for anything else."""
    if not isinstance(event, dict):
        raise NotAStripeEvent("the body is not a JSON object")
    event_id, event_type, data = event.get("id"), event.get("type"), event.get("data")
    if not (isinstance(event_id, str) and event_id and isinstance(event_type, str) and event_type):
        raise NotAStripeEvent("the body has no string `id` and `type`")
    thin = event.get("object") == _THIN
    if not isinstance(data, dict):
        if not thin:
            raise NotAStripeEvent("the body has no object `data`")
        data = {}
    created = event.get("created")
    return StripeEvent(
        id=event_id,
        type=event_type,
        thin=thin,
        api_version=_or_none(event.get("api_version"), str),
        created=created if type(created) is int else None,
        livemode=_or_none(event.get("livemode"), bool),
        account=_or_none(event.get("account"), str),
        object=_or_none(data.get("object"), dict),
        previous_attributes=_or_none(data.get("previous_attributes"), dict) or {},
    )


def _or_none(value: JsonValue, wanted: type[T]) -> T | None:
    return value if isinstance(value, wanted) else None
