"""Parses Stripe events. Their signature is verified, but no field is trusted to have its type.

https://docs.stripe.com/api/events/object, https://docs.stripe.com/event-destinations#thin-payload
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from pydantic import JsonValue
from pydantic_core import from_json

from paycli.errors import NotAStripeEvent
from paycli.models.fields import MAX_UNIX_TIME

JsonObject = Mapping[str, JsonValue]

_THIN = "v2.core.event"
_MAX_DIGITS = 4300
_ENVELOPE = ("id", "object", "type", "api_version", "created", "livemode", "account", "context")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """A Stripe event; a field is None if it is missing, has the wrong type or is out of range.

    `object` is `data.object` of the event. It may contain a `client_secret` and billing details, so
    it is never printed, and only the catalogue reads it. `created` is in Unix seconds, of the years
    1970 to 9999. `account` is the connected account that the event came from, None for our own;
    None also if it can't be read, and then `account_readable` is false. All text is Unicode, so
    that it can be encoded.
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
    account_readable: bool = True

    def __repr__(self) -> str:
        return f"StripeEvent({self.id!r}, {self.type!r})"


def parse_event(body: bytes) -> StripeEvent:
    """Parses a verified body. Raises NotAStripeEvent."""
    try:
        event = from_json(body, allow_inf_nan=False)
    except ValueError:
        event = _without_content(body)
    return _event_from_json(event)


def _without_content(body: bytes) -> JsonValue:
    """Returns an event whose content can't be represented, without that content.

    An escaped lone surrogate is JSON (https://www.rfc-editor.org/rfc/rfc8259#section-8.2), and so
    are numbers of any length and deep nesting. Such an event is genuine, but unreadable. Raises
    NotAStripeEvent, also for nesting of about a thousand levels, which Stripe's events never have.
    """
    try:
        event = json.loads(body.decode(), parse_constant=_refuse_constant, parse_int=_parse_int)
    except (ValueError, RecursionError):
        raise NotAStripeEvent("the body is not valid JSON in UTF-8") from None
    if not isinstance(event, dict):
        return None
    data: JsonValue = {} if isinstance(event.get("data"), dict) else None
    fields = {name: event[name] for name in _ENVELOPE if name in event}
    return {**{name: value for name, value in fields.items() if _is_unicode(value)}, "data": data}


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse_int(digits: str) -> int | None:
    """Python converts at most 4,300 digits."""
    return int(digits) if len(digits) <= _MAX_DIGITS else None


def _is_unicode(value: JsonValue) -> bool:
    return not isinstance(value, str) or not any("\ud800" <= c <= "\udfff" for c in value)


def _event_from_json(event: JsonValue) -> StripeEvent:
    """Reads an event from a parsed JSON value. Raises NotAStripeEvent."""
    if not isinstance(event, dict):
        raise NotAStripeEvent("the body is not a JSON object")
    event_id, event_type, data = event.get("id"), event.get("type"), event.get("data")
    if not (isinstance(event_id, str) and event_id and isinstance(event_type, str) and event_type):
        raise NotAStripeEvent("`id` and `type` must be non-empty strings")
    thin = event.get("object") == _THIN
    if not isinstance(data, dict):
        if not thin:
            raise NotAStripeEvent("`data` must be an object")
        data = {}
    created = event.get("created")
    account = _account(event)
    return StripeEvent(
        id=event_id,
        type=event_type,
        thin=thin,
        api_version=_or_none(event.get("api_version"), str),
        created=created if type(created) is int and 0 <= created <= MAX_UNIX_TIME else None,
        livemode=_or_none(event.get("livemode"), bool),
        account=account or None,
        object=_or_none(data.get("object"), dict),
        previous_attributes=_or_none(data.get("previous_attributes"), dict) or {},
        account_readable=account != "",
    )


def _account(event: JsonObject) -> str | None:
    """Returns the event's connected account, None for our own, and "" if it can't be read.

    Events that reach us through an Organization may have only `context`, the path to the account,
    such as `acct_1/acct_2`: https://docs.stripe.com/changelog/basil/2025-04-30/additional-context-organization-events,
    https://docs.stripe.com/context.
    """
    value = event.get("account")
    if value is None:
        value = event.get("context")
    if value is None:
        return None
    return value.rpartition("/")[2] if isinstance(value, str) else ""


def _or_none(value: JsonValue, expected: type[T]) -> T | None:
    return value if isinstance(value, expected) else None
