"""Setups, which save a payment method without a payment: requests and responses."""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from paycli.models.fields import Currency, Metadata, Reference, Url
from paycli.models.requests import ListRequest, RequestModel

CustomerId = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class CreateSetup(RequestModel):
    """Saves a payment method of a customer, to be charged later."""

    # Validators see only earlier fields, so the one that others are checked against comes first.
    flow: Literal["setup_intent", "checkout"] = Field(
        default="setup_intent",
        description="`setup_intent`: the customer enters the card in a form on your page. "
        "`checkout`: on a page hosted by Stripe, at `setup_url`.",
    )
    customer: CustomerId = Field(
        description="The id of the customer whose payment method is saved.",
        examples=["cus_NffrFeUfNV2Hib"],
    )
    usage: Literal["off_session", "on_session"] = Field(
        default="off_session",
        description="`off_session`: to be charged also while the customer is absent. `on_session`: "
        "only in the customer's presence; not with checkout.",
    )
    currency: Currency | None = Field(
        default=None,
        description="Three-letter ISO 4217 code, by which Checkout selects the payment methods "
        "that it offers. Required for checkout, and only allowed there.",
        examples=["eur"],
    )
    reference: Reference | None = Field(
        default=None,
        description="Your own identifier of the setup, which its events contain.",
        examples=["booking-42"],
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="Key-value pairs stored with the setup and included in its events, except "
        "those with an empty value. Do not store personal data in it.",
        examples=[{"room": "12"}],
    )
    success_url: Url | None = Field(
        default=None,
        description="The URL that Checkout redirects to when the payment method is saved. Required "
        "for checkout, and only allowed there.",
        examples=["https://example.com/saved"],
    )
    cancel_url: Url | None = Field(
        default=None,
        description="The URL that Checkout links to for customers who go back. Only for checkout.",
        examples=["https://example.com/back"],
    )

    @field_validator("usage")
    @classmethod
    def _fits_flow(cls, usage: str, info: ValidationInfo) -> str:
        """Checkout has no such parameter: https://docs.stripe.com/api/checkout/sessions/create."""
        if usage == "on_session" and info.data.get("flow") == "checkout":
            raise PydanticCustomError("unexpected", 'is not allowed with "flow": "checkout"')
        return usage

    @field_validator("currency", "success_url")
    @classmethod
    def _required_for_checkout(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("flow") == "checkout":
            raise PydanticCustomError("missing", "is required for checkout")
        return value

    @field_validator("currency", "success_url", "cancel_url")
    @classmethod
    def _only_for_checkout(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("flow") == "setup_intent":
            raise PydanticCustomError("unexpected", 'is only allowed with "flow": "checkout"')
        return value


class CancelSetup(RequestModel):
    """Cancels a setup that has not succeeded; expires an open Checkout Session."""

    reason: Literal["abandoned", "duplicate", "requested_by_customer"] | None = Field(
        default=None,
        description="The reason, stored with the setup. Not stored when a Checkout Session "
        "expires.",
    )


class ListSetups(ListRequest):
    """Lists setups, newest first."""

    customer: CustomerId | None = Field(
        default=None,
        description="Only setups of this customer.",
        examples=["cus_NffrFeUfNV2Hib"],
    )


class Setup(BaseModel):
    """A setup in its current state: a SetupIntent or, for checkout, a Checkout Session.

    Pass `client_secret` to the customer's browser only.
    """

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(
        description="The id of the SetupIntent, `seti_…`, or of the Checkout Session, `cs_…`."
    )
    status: str = Field(description="Stripe's status of the SetupIntent or Checkout Session.")
    client_secret: str | None = Field(
        repr=False,
        description="The secret for the form in the customer's browser; null for checkout and in "
        "lists.",
    )
    setup_url: str | None = Field(
        repr=False,
        description="The URL of the Checkout page; null without checkout, and once it is closed.",
    )
    customer: str | None = Field(
        description="The id of the customer; null for a setup without one, made elsewhere."
    )
    payment_method: str | None = Field(
        description="The id of the payment method, `pm_…`, which is saved once the setup has "
        "succeeded; null before the customer enters it."
    )
    reference: str | None = Field(description="Your own identifier of the setup.")
    metadata: dict[str, str] = Field(description="The metadata, without `reference`.")
    livemode: bool = Field(description="Whether the setup is in live mode.")
    created_at: str = Field(
        description="When it was created (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )


class SetupPage(BaseModel):
    """A page of setups, newest first."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    data: tuple[Setup, ...]
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )
