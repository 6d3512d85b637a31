"""The texts of a dispute's evidence, by Stripe's names. All of them are personal data."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from paycli.models.requests import StrictModel

MAX_CHARACTERS = 150_000
"""Of all texts together: https://docs.stripe.com/api/disputes/update"""

ShortText = Annotated[str, StringConstraints(max_length=5_000)]
LongText = Annotated[str, StringConstraints(max_length=20_000)]


class Evidence(StrictModel):
    """Texts for the cardholder's bank; null or an empty text removes what was staged.

    Stripe's fields for files, which are uploaded in its Dashboard, are not among them.
    """

    access_activity_log: LongText | None = Field(
        default=None,
        repr=False,
        description="Logs that show that the customer used what was bought: IP addresses, times "
        "and activity.",
    )
    billing_address: ShortText | None = Field(
        default=None, repr=False, description="The billing address that the customer gave."
    )
    cancellation_policy_disclosure: LongText | None = Field(
        default=None,
        repr=False,
        description="How and when the customer was shown the cancellation policy before paying.",
    )
    cancellation_rebuttal: LongText | None = Field(
        default=None,
        repr=False,
        description="Why the customer's booking or subscription was not canceled.",
    )
    customer_email_address: ShortText | None = Field(
        default=None, repr=False, description="The customer's email address."
    )
    customer_name: ShortText | None = Field(
        default=None, repr=False, description="The customer's name."
    )
    customer_purchase_ip: ShortText | None = Field(
        default=None, repr=False, description="The IP address from which the customer paid."
    )
    duplicate_charge_explanation: LongText | None = Field(
        default=None,
        repr=False,
        description="How the disputed charge differs from the one that it seems to repeat.",
    )
    duplicate_charge_id: ShortText | None = Field(
        default=None,
        repr=False,
        description="Stripe's id of the charge that the disputed one seems to repeat.",
    )
    product_description: LongText | None = Field(
        default=None, repr=False, description="What was sold."
    )
    refund_policy_disclosure: LongText | None = Field(
        default=None,
        repr=False,
        description="How and when the customer was shown the refund policy before paying.",
    )
    refund_refusal_explanation: LongText | None = Field(
        default=None, repr=False, description="Why the customer is not entitled to a refund."
    )
    service_date: ShortText | None = Field(
        default=None,
        repr=False,
        description="The day from which the customer received the service, such as that of "
        "arrival, as people write it.",
    )
    shipping_address: ShortText | None = Field(
        default=None, repr=False, description="Where the goods were sent to."
    )
    shipping_carrier: ShortText | None = Field(
        default=None, repr=False, description="Who delivered the goods."
    )
    shipping_date: ShortText | None = Field(
        default=None, repr=False, description="The day on which the goods were sent."
    )
    shipping_tracking_number: ShortText | None = Field(
        default=None, repr=False, description="The carrier's number of the parcel."
    )
    uncategorized_text: LongText | None = Field(
        default=None, repr=False, description="Anything else that supports the case."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> "Evidence":
        if sum(map(len, self.texts.values())) > MAX_CHARACTERS:
            raise PydanticCustomError(
                "too_long",
                "must have at most {limit} characters in all fields together",
                {"limit": MAX_CHARACTERS},
            )
        return self

    @property
    def texts(self) -> dict[str, str]:
        """The fields that were set, an empty text for those that are to be removed."""
        return {name: getattr(self, name) or "" for name in sorted(self.model_fields_set)}
