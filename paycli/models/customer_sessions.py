"""Customer sessions: requests and responses."""

from pydantic import BaseModel, ConfigDict, Field

from paycli.models.requests import RequestModel


class CreateCustomerSession(RequestModel):
    """Creates a session in which the payment form shows a customer's saved payment methods."""


class CustomerSession(BaseModel):
    """Access to a customer's saved payment methods, for the payment form in its browser only."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    client_secret: str = Field(
        repr=False, description="The secret for the payment form in the customer's browser."
    )
    expires_at: str = Field(
        description="When the secret becomes invalid (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )
