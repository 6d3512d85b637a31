"""Connected accounts, the hosts of a marketplace: requests and responses."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from paycli.models.customers import Email
from paycli.models.fields import Metadata, Reference, Url
from paycli.models.requests import RequestModel


class CreateAccount(RequestModel):
    """Creates a connected account, which Stripe's onboarding then completes."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = Field(
        description="Where the host does business: two letters, ISO 3166-1. It cannot be changed.",
        examples=["DE"],
    )
    email: Email | None = Field(
        default=None,
        repr=False,
        description="The host's email address, which the onboarding form then shows.",
        examples=["host@example.com"],
    )
    business_type: Literal["company", "government_entity", "individual", "non_profit"] | None = (
        Field(default=None, description="The kind of business; the host is asked if it is absent.")
    )
    reference: Reference | None = Field(
        default=None,
        description="Your own identifier of the host, which the account's events contain.",
        examples=["host-9"],
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="Key-value pairs stored with the account and included in its events. Do not "
        "store personal data in it.",
        examples=[{"region": "north"}],
    )


class CreateAccountLink(RequestModel):
    """Creates a link to Stripe's form for the host of a connected account."""

    # Fields that others are checked against come first.
    type: Literal["onboarding", "update"] = Field(
        default="onboarding",
        description="`onboarding` asks for what is still required; `update` shows all details, "
        "where Stripe allows it.",
    )
    refresh_url: Url = Field(
        description="Where Stripe sends the host if the link was used or has expired. Create "
        "another link there.",
        examples=["https://example.com/onboarding/again"],
    )
    return_url: Url = Field(
        description="Where Stripe sends the host who leaves the form, completed or not. Look the "
        "account up then.",
        examples=["https://example.com/onboarding/done"],
    )


class Account(BaseModel):
    """A connected account, in its current state."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(description="The account's id, `acct_…`.")
    country: str | None = Field(description="Two letters, ISO 3166-1.")
    email: str | None = Field(repr=False, description="The host's email address.")
    business_type: str | None = Field(description="The kind of business; null before it is known.")
    charges_enabled: bool = Field(description="Whether it can accept payments.")
    payouts_enabled: bool = Field(description="Whether it receives payouts.")
    requirements_due: tuple[str, ...] = Field(
        description="What Stripe requires from the host now, by the names of Stripe's fields. "
        "Empty if nothing is missing."
    )
    reference: str | None = Field(description="Your own identifier of the host.")
    metadata: dict[str, str] = Field(description="The metadata, without `reference`.")
    created_at: str = Field(
        description="When it was created (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )


class AccountLink(BaseModel):
    """A link to Stripe's form, for the host alone: anyone who opens it can enter bank details."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    url: str = Field(
        repr=False,
        description="The form. It can be opened once: redirect the host, do not send or store it.",
    )
    expires_at: str = Field(
        description="When the link becomes invalid (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )
