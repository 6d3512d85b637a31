"""Base classes of events, and fields with description, source in Stripe's object and example."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    WithJsonSchema,
)

from paycli.models.fields import expanded_id

# For fields that are neither in records nor in schemas.
_HIDDEN: Mapping[str, Any] = {"exclude": True, "repr": False}


def required(
    description: str, *sources: str, example: JsonValue, min_length: int | None = None
) -> Any:  # noqa: ANN401  (a field of any type)
    """Defines a required field; without it an event is unreadable. Else like `optional`."""
    return Field(
        description=description,
        validation_alias=_alias(sources),
        examples=[example],
        min_length=min_length,
    )


def optional(description: str, *sources: str, example: JsonValue) -> Any:  # noqa: ANN401  (a field of any type)
    """Defines a field that is null if Stripe's object has no value.

    `sources` are paths in Stripe's object, such as `a.b.0.c`. The first one that exists is used,
    since API versions differ (https://docs.stripe.com/changelog). The default is the field's name.
    """
    return Field(
        default=None, description=description, validation_alias=_alias(sources), examples=[example]
    )


def _alias(sources: tuple[str, ...]) -> AliasChoices | None:
    return AliasChoices(*map(_path, sources)) if sources else None


def _path(source: str) -> AliasPath:
    first, *rest = source.split(".")
    return AliasPath(first, *(int(part) if part.isdigit() else part for part in rest))


def _sorted(metadata: dict[str, str] | None) -> dict[str, str] | None:
    """Sorts the keys: Stripe guarantees no order, and equal metadata must give equal bytes."""
    return None if metadata is None else dict(sorted(metadata.items()))


Id = Annotated[str, BeforeValidator(expanded_id), Field(min_length=1)]
"""An id, also if Stripe sends the expanded object."""
Metadata = Annotated[dict[str, str] | None, AfterValidator(_sorted)]
Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339, UTC."""


class BaseEvent(BaseModel):
    """Base class of the values of records; the event has the name of the class."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="ignore",
        hide_input_in_errors=True,
        json_schema_serialization_defaults_required=True,
    )

    version: ClassVar[int] = 1
    example: ClassVar[Mapping[str, JsonValue]] = {}
    """Overrides the examples of the fields; contains `object_id` if `payment_id` is null."""

    @classmethod
    def full_example(cls) -> dict[str, JsonValue]:
        """Returns a realistic example with every field."""
        hidden = {name for name, field in cls.model_fields.items() if field.exclude}
        return {name: value for name, value in cls._examples().items() if name not in hidden}

    @classmethod
    def example_key(cls) -> str:
        """Returns the record key of the full example."""
        examples = cls._examples()
        return str(examples["payment_id"] or examples["object_id"])

    @classmethod
    def _examples(cls) -> dict[str, JsonValue]:
        fields = {name: (field.examples or [None])[0] for name, field in cls.model_fields.items()}
        for kind in reversed(cls.__mro__):
            fields |= vars(kind).get("example", {})
        return fields


class EventData(BaseEvent):
    """Base class of all readable events; all fields but `occurred_at` may be null."""

    object_id: Annotated[str, Field(min_length=1, validation_alias="id", **_HIDDEN)]

    payment_id: Id | None = optional(
        "The id of the PaymentIntent.", "payment_intent", example="pi_3MtwBwLkdIwHu7ix28a3tqPa"
    )
    account: str | None = optional(
        "The connected account that the event came from; null for your own account.", example=None
    )
    status: str | None = optional(
        "Stripe's status of the object at the time of the event.", example="succeeded"
    )
    amount: int | None = optional("The amount, in Stripe's unit of the currency.", example=2000)
    currency: str | None = optional("Three-letter ISO 4217 code, in lower case.", example="eur")
    reference: str | None = optional(
        "The caller's reference, from the metadata of the object.",
        "metadata.reference",
        example="booking-42",
    )
    metadata: Metadata = optional(
        "The metadata of the object, including `reference`.", example={"reference": "booking-42"}
    )
    occurred_at: Time = required(
        "When Stripe created the event (RFC 3339, UTC).", example="2026-01-31T12:00:00Z"
    )

    @property
    def key(self) -> str:
        """The record key: the id of the PaymentIntent, or of the object itself if it has none."""
        return self.payment_id or self.object_id


class StripeEventUnreadable(BaseEvent):
    """A verified Stripe event of a mapped type that could not be translated."""

    stripe_event_id: str = required(
        "The id of the Stripe event, `evt_…`.", example="evt_1NG8Du2eZvKYlo2CUI79vXWy"
    )
    stripe_event_type: str = required(
        "The type of the Stripe event.", example="payment_intent.succeeded"
    )
    stripe_api_version: str | None = optional(
        "The API version of the Stripe event.", example="2026-10-28.endive"
    )
    reason: str = required(
        "The missing or mistyped fields, without their values.",
        example="data.object.amount: Field required",
    )
    occurred_at: Time | None = optional(
        "When Stripe created the event (RFC 3339, UTC); null if it is invalid.",
        example="2026-01-31T12:00:00Z",
    )

    @classmethod
    def example_key(cls) -> str:
        """Returns the record key of the full example: the id of the Stripe event."""
        return str(cls._examples()["stripe_event_id"])
