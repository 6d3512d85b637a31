"""Field types of request models with their rules. Error messages never contain the value."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from paycli import money

MAX_METADATA_KEYS = 49
"""Stripe allows 50, of which `reference` takes one: https://docs.stripe.com/api/metadata"""
MAX_METADATA_KEY = 40
MAX_METADATA_VALUE = 500
MAX_PAGE = 100
"""https://docs.stripe.com/api/pagination"""

MAX_UNIX_TIME = 253_402_300_799
"""9999-12-31T23:59:59Z, the last second that RFC 3339 can express."""

_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_ABSENT = object()
_LIMIT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)


def rfc3339(unix_seconds: int) -> str:
    """Formats a Unix time such as `2026-01-31T12:00:00Z`.

    Raises ValueError outside the years 1 to 9999.
    """
    try:
        timestamp = datetime.fromtimestamp(unix_seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError("the time is out of range") from None
    return timestamp.isoformat().replace("+00:00", "Z")


def _from_unix_time(value: object) -> str:
    if type(value) is not int:
        raise ValueError("must be an integer in Unix seconds")
    return rfc3339(value)


def expanded_id(value: object) -> object:
    """Returns the id of an object that Stripe sends as an id or whole.

    https://docs.stripe.com/api/expanding_objects
    """
    return value.get("id") if isinstance(value, dict) else value


def _currency(code: str) -> str:
    try:
        return money.currency(code).code
    except money.UnknownCurrency as error:
        raise PydanticCustomError("currency", "{detail}", {"detail": str(error)}) from error


def _metadata(metadata: dict[str, str | None]) -> dict[str, str | None]:
    if "reference" in metadata:
        raise PydanticCustomError(
            "metadata", "'reference' is a field of its own: move it out of metadata"
        )
    for key, value in metadata.items():
        if not 1 <= len(key) <= MAX_METADATA_KEY or "[" in key or "]" in key:
            raise PydanticCustomError(
                "metadata", "keys must have 1 to 40 characters, without brackets"
            )
        if value is not None and len(value) > MAX_METADATA_VALUE:
            raise PydanticCustomError("metadata", "values must have at most 500 characters")
    return metadata


def _few_keys(metadata: object) -> object:
    """Refuses too many keys before their values are validated, one problem each."""
    if isinstance(metadata, dict) and len(metadata) > MAX_METADATA_KEYS:
        raise PydanticCustomError(
            "metadata", "must have at most {limit} keys", {"limit": MAX_METADATA_KEYS}
        )
    return metadata


def _url(url: str) -> str:
    if not url.startswith(("https://", "http://")) or not url.isprintable() or " " in url:
        raise PydanticCustomError("url", "must be an http or https URL")
    return url


def _timestamp(value: object) -> object:
    """Parses a timestamp with a time zone; returns other values unchanged."""
    if not isinstance(value, str):
        return value
    if _TIME.fullmatch(value):
        with suppress(ValueError):
            return datetime.fromisoformat(value.upper())
    # An unescaped + in a query string arrives as a space.
    raise PydanticCustomError(
        "time", "must be a time such as 2026-01-31T12:00:00Z (in a URL, write + as %2B)"
    )


def absent() -> Any:  # noqa: ANN401  (stands for a missing value of any type)
    """Returns the default of fields for which null is not the same as absence."""
    return _ABSENT


def _amount_or_absent(value: object) -> object:
    if value is None:
        raise PydanticCustomError(
            "null", "must be an integer, not null: leave it out where it is optional"
        )
    return None if value is _ABSENT else value


def _limit(value: object) -> object:
    if isinstance(value, str) and _LIMIT.fullmatch(value):
        return int(value)
    return value


def _metadata_schema(value: dict[str, object]) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "type": "object",
            "maxProperties": MAX_METADATA_KEYS,
            "propertyNames": {"pattern": r"^[^\[\]]{1,40}$", "not": {"const": "reference"}},
            "additionalProperties": value,
        }
    )


_TEXT = {"type": "string", "maxLength": MAX_METADATA_VALUE}

Currency = Annotated[
    str,
    AfterValidator(_currency),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]{3}$"}),
]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Description = Annotated[str, StringConstraints(max_length=1000)]
Metadata = Annotated[
    dict[str, str],
    BeforeValidator(_few_keys),
    AfterValidator(_metadata),
    _metadata_schema(_TEXT),
]
MetadataChanges = Annotated[
    dict[str, str | None],
    BeforeValidator(_few_keys),
    AfterValidator(_metadata),
    _metadata_schema({"anyOf": [_TEXT, {"type": "null"}]}),
]
Url = Annotated[
    str,
    StringConstraints(max_length=5000),
    AfterValidator(_url),
    WithJsonSchema({"type": "string", "pattern": r"^https?://[^\s]*$", "maxLength": 5000}),
]
AccountId = Annotated[str, StringConstraints(pattern=r"^acct_[A-Za-z0-9]{1,250}$")]
Amount = Annotated[int, Field(gt=0)]
OptionalAmount = Annotated[
    Amount | None,
    BeforeValidator(_amount_or_absent),
    WithJsonSchema({"type": "integer", "exclusiveMinimum": 0}),
]
"""An amount whose absence (None) means all of it, and which is never null.

JSON has no NaN: a client whose calculation failed sends null, and must not refund everything. The
default is `absent`.
"""
Timestamp = Annotated[
    datetime, BeforeValidator(_timestamp), WithJsonSchema({"type": "string", "format": "date-time"})
]
UnixTime = Annotated[
    str,
    BeforeValidator(_from_unix_time),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time of Stripe's, in Unix seconds, as RFC 3339 in UTC. Invalid outside the years 1 to 9999."""
Limit = Annotated[int, Field(ge=1, le=MAX_PAGE), BeforeValidator(_limit)]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=1000)]

PaymentStatus = Literal[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "canceled",
    "succeeded",
]
"""https://docs.stripe.com/payments/paymentintents/lifecycle"""
