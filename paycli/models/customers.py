"""Customers: requests and responses."""

import re
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from paycli.models.fields import Metadata, MetadataChanges, Reference
from paycli.models.requests import ListRequest, RequestModel

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise PydanticCustomError("email", "must be an email address")
    return text


# The lengths are Stripe's: https://docs.stripe.com/api/customers/create
Name = Annotated[str, StringConstraints(max_length=256)]
Email = Annotated[
    str,
    StringConstraints(max_length=512),
    AfterValidator(_email),
    WithJsonSchema({"type": "string", "maxLength": 512, "pattern": r"^[^@\s]+@[^@\s]+$"}),
]
EmailOrEmpty = Annotated[
    str,
    StringConstraints(max_length=512),
    AfterValidator(lambda text: _email(text) if text else text),
    WithJsonSchema({"type": "string", "maxLength": 512, "pattern": r"^([^@\s]+@[^@\s]+)?$"}),
]
Phone = Annotated[str, StringConstraints(max_length=20)]

_CHANGEABLE = frozenset({"name", "email", "phone", "reference", "metadata"})


class CreateCustomer(RequestModel):
    """Creates a customer. Stripe alone stores the name, the email address and the phone number."""

    name: Name | None = Field(
        default=None, repr=False, description="The customer's name.", examples=["Anna Example"]
    )
    email: Email | None = Field(
        default=None,
        repr=False,
        description="The customer's email address.",
        examples=["guest@example.com"],
    )
    phone: Phone | None = Field(
        default=None,
        repr=False,
        description="The customer's phone number.",
        examples=["+4930123456"],
    )
    reference: Reference | None = Field(
        default=None,
        description="Your own identifier of the customer, by which it can be found.",
        examples=["guest-7"],
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="Key-value pairs stored with the customer. Do not store personal data in it.",
        examples=[{"tier": "gold"}],
    )


class UpdateCustomer(RequestModel):
    """Updates a customer: absent fields are unchanged, null or an empty text removes a value."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    name: Name | None = Field(
        default=None, repr=False, description="The new name; null or an empty one removes it."
    )
    email: EmailOrEmpty | None = Field(
        default=None,
        repr=False,
        description="The new email address; null or an empty one removes it.",
    )
    phone: Phone | None = Field(
        default=None,
        repr=False,
        description="The new phone number; null or an empty one removes it.",
    )
    reference: Reference | None = Field(
        default=None, description="The new reference; null removes it."
    )
    metadata: MetadataChanges = Field(
        default_factory=dict,
        description="Merged into the existing metadata. A null or empty value removes its key; "
        "other keys are unchanged.",
        examples=[{"tier": "silver", "newsletter": None}],
    )

    @model_validator(mode="after")
    def _changes_something(self) -> "UpdateCustomer":
        if not self.model_fields_set & _CHANGEABLE:
            names = ", ".join(sorted(_CHANGEABLE))
            raise PydanticCustomError("missing", "set at least one of {names}", {"names": names})
        return self


class ListCustomers(ListRequest):
    """Lists customers, newest first."""

    reference: Reference | None = Field(
        default=None,
        description="Only customers with exactly this reference.",
        examples=["guest-7"],
    )
    email: Email | None = Field(
        default=None,
        repr=False,
        description="Only customers with exactly this email address, in the same case.",
        examples=["guest@example.com"],
    )


class Customer(BaseModel):
    """A customer, in its current state."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(description="The customer's id, `cus_…`.")
    name: str | None = Field(repr=False, description="The customer's name.")
    email: str | None = Field(repr=False, description="The customer's email address.")
    phone: str | None = Field(repr=False, description="The customer's phone number.")
    reference: str | None = Field(description="Your own identifier of the customer.")
    metadata: dict[str, str] = Field(description="The metadata, without `reference`.")
    livemode: bool = Field(description="Whether the customer is in live mode.")
    created_at: str = Field(
        description="When it was created (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )


class CustomerPage(BaseModel):
    """A page of customers, newest first."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    data: tuple[Customer, ...]
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )
