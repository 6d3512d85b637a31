"""The page of a Checkout Session: https://docs.stripe.com/api/checkout/sessions/create."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from paycli.models.fields import Timestamp, Url
from paycli.models.payments.amounts import only_for_checkout
from paycli.models.requests import RequestModel

Locale = Literal[
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr",
    "fr-CA", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt",
    "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
]  # fmt: skip
"""https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-locale"""

MAX_LIFETIME = timedelta(hours=24)
"""https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at"""
CLOCK_TOLERANCE = timedelta(minutes=5)
MAX_REPLAY_AGE = timedelta(days=30)
"""A repeated request has the `expires_at` of the first one. Stripe keeps idempotency keys for at
least 24 hours: https://docs.stripe.com/api/idempotent_requests"""


class CheckoutFields(RequestModel):
    """The page and where it leads. The fields of AmountFields must come before."""

    ui: Literal["hosted", "embedded"] | None = Field(
        default=None,
        description="`hosted` (default): Stripe hosts the page, at `payment_url`. `embedded`: it "
        "is embedded in your page with the response's `client_secret`, and needs `return_url` in "
        "place of `success_url`. Only for checkout.",
    )
    success_url: Url | None = Field(
        default=None,
        description="The URL that Checkout redirects to after payment. Required for checkout, and "
        "only allowed there; not with `ui: embedded`.",
        examples=["https://example.com/paid"],
    )
    cancel_url: Url | None = Field(
        default=None,
        description="The URL that Checkout links to for customers who go back. Only for checkout; "
        "not with `ui: embedded`.",
        examples=["https://example.com/back"],
    )
    return_url: Url | None = Field(
        default=None,
        description="The URL that an embedded page redirects to. Required with `ui: embedded`, and "
        "only allowed there.",
        examples=["https://example.com/paid?session={CHECKOUT_SESSION_ID}"],
    )
    expires_at: Timestamp | None = Field(
        default=None,
        description="When the page expires (RFC 3339): 30 minutes to 24 hours ahead, by default 24 "
        "hours. It is a time and not a duration, so that a repeated request is the same. Only for "
        "checkout.",
        examples=["2026-01-31T18:00:00Z"],
    )
    locale: Locale | None = Field(
        default=None,
        description="The language of the page; `auto` (default) is the browser's. Only for "
        "checkout.",
        examples=["de"],
    )
    submit_type: Literal["pay", "book", "donate", "auto"] | None = Field(
        default=None, description="The text of the page's button. Only for checkout."
    )

    _fields_only_for_checkout = field_validator(
        *("ui", "success_url", "cancel_url", "return_url"),
        *("expires_at", "locale", "submit_type"),
    )(only_for_checkout)

    @field_validator("success_url")
    @classmethod
    def _required_for_hosted(cls, value: str | None, info: ValidationInfo) -> str | None:
        hosted = "ui" in info.data and info.data["ui"] != "embedded"
        if value is None and hosted and info.data.get("flow") == "checkout":
            raise PydanticCustomError("missing", "is required for checkout")
        return value

    @field_validator("success_url", "cancel_url")
    @classmethod
    def _not_for_embedded(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("ui") == "embedded":
            raise PydanticCustomError(
                "unexpected", 'is not possible with "ui": "embedded": use return_url'
            )
        return value

    @field_validator("return_url")
    @classmethod
    def _only_for_embedded(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "ui" not in info.data:
            return value
        embedded = info.data["ui"] == "embedded"
        if value is None and embedded:
            raise PydanticCustomError("missing", 'is required with "ui": "embedded"')
        if value is not None and not embedded:
            raise PydanticCustomError("unexpected", 'is only allowed with "ui": "embedded"')
        return value

    @field_validator("expires_at")
    @classmethod
    def _can_be_ahead(cls, moment: datetime | None) -> datetime | None:
        """Refuses times that were never 30 minutes to 24 hours ahead.

        Stripe checks the limits themselves: it first looks for the idempotency key, and
        repeats its response even if the time has passed since. So a time in the past is only
        refused here if no repeated request can have it.
        """
        if moment is None:
            return None
        ahead = moment - datetime.now(UTC)
        if not -MAX_REPLAY_AGE <= ahead <= MAX_LIFETIME + CLOCK_TOLERANCE:
            raise PydanticCustomError("time", "must be 30 minutes to 24 hours ahead")
        return moment
