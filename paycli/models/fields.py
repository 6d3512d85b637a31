"""Kinds of fields, each with its rule; what a rule refuses is told without the value."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from paycli import money

MAX_METADATA_KEYS = 49
"""Stripe takes 50; one is `reference`. https://docs.stripe.com/api/metadata"""
MAX_METADATA_KEY = 40
MAX_METADATA_VALUE = 500
MAX_PAGE = 100
"""https://docs.stripe.com/api/pagination"""

_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_LIMIT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)


def rfc3339(unix_seconds: int) -> str:
    """`2026-01-31T12:00:00Z` for a Unix time; raises ValueError beyond the year 9999."""
    try:
        moment = datetime.fromtimestamp(unix_seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError("the time is out of range") from None
    return moment.isoformat().replace("+00:00", "Z")


def _currency(code: str) -> str:
    try:
        return money.currency(code).code
    except money.UnknownCurrency as error:
        raise PydanticCustomError("currency", "{detail}", {"detail": str(error)}) from error


def _metadata(metadata: dict[str, str | None]) -> dict[str, str | None]:
    if "reference" in metadata:
        raise PydanticCustomError(
            "metadata", "'reference' has a field of its own: move it out of metadata"
        )
    for key, value in metadata.items():
        if not 1 <= len(key) <= MAX_METADATA_KEY or "[" in key or "]" in key:
            raise PydanticCustomError("metadata", "keys have 1 to 40 characters, without brackets")
        if value is not None and len(value) > MAX_METADATA_VALUE:
            raise PydanticCustomError("metadata", "values have at most 500 characters")
    return metadata


def _url(url: str) -> str:
    if not url.startswith(("https://", "http://")) or not url.isprintable() or " " in url:
        raise PydanticCustomError("url", "must be an http or https address")
    return url


def _moment(value: object) -> object:
    """A time with its zone, from text; a datetime is taken as it is."""
    if not isinstance(value, str):
        return value
    try:
        # An unescaped + of a query arrives as a blank.
        return datetime.fromisoformat(value.upper()) if _TIME.fullmatch(value) else _no_time()
    except ValueError:
        return _no_time()


def _no_time() -> object:
    raise PydanticCustomError(
        "time", "must be a time such as 2026-01-31T12:00:00Z (in an address, write + as %2B)"
    )


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
    Field(max_length=MAX_METADATA_KEYS),
    AfterValidator(_metadata),
    _metadata_schema(_TEXT),
]
MetadataChanges = Annotated[
    dict[str, str | None],
    Field(max_length=MAX_METADATA_KEYS),
    AfterValidator(_metadata),
    _metadata_schema({"anyOf": [_TEXT, {"type": "null"}]}),
]
Url = Annotated[
    str,
    StringConstraints(max_length=5000),
    AfterValidator(_url),
    WithJsonSchema({"type": "string", "pattern": r"^https?://[^\s]*$", "maxLength": 5000}),
]
Amount = Annotated[int, Field(gt=0)]
Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
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
