"""What every event says, and how a field is told: its meaning, its place at Stripe, an example."""

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

from paycli.models import rfc3339

# A field that only our code reads: part of no record and no schema.
_HIDDEN: Mapping[str, Any] = {"exclude": True, "repr": False}


def required(meaning: str, *places: str, example: JsonValue, min_length: int | None = None) -> Any:  # noqa: ANN401  (a field of any type)
    """A field that must be there: without it an event is of no use. Else like `optional`."""
    return Field(
        description=meaning,
        validation_alias=_from(places),
        examples=[example],
        min_length=min_length,
    )


def optional(meaning: str, *places: str, example: JsonValue) -> Any:  # noqa: ANN401  (a field of any type)
    """A field that is null where Stripe has nothing.

    `places` are where Stripe keeps it, as `a.b.0.c`, in the order tried where API versions differ
    (https://docs.stripe.com/changelog); none: under the field's own name.
    """
    return Field(
        default=None, description=meaning, validation_alias=_from(places), examples=[example]
    )


def _from(places: tuple[str, ...]) -> AliasChoices | None:
    return AliasChoices(*map(_path, places)) if places else None


def _path(place: str) -> AliasPath:
    first, *rest = place.split(".")
    return AliasPath(first, *(int(part) if part.isdigit() else part for part in rest))


def _id(value: object) -> object:
    """The id of what Stripe sends as an id or, expanded, as an object."""
    return value.get("id") if isinstance(value, dict) else value


def _moment(value: object) -> str:
    if type(value) is not int:
        raise ValueError("must be a whole number of Unix seconds")
    return rfc3339(value)


def _sorted(metadata: dict[str, str] | None) -> dict[str, str] | None:
    """Stripe promises no order of keys; equal metadata must give equal bytes."""
    return None if metadata is None else dict(sorted(metadata.items()))


Id = Annotated[str, BeforeValidator(_id), Field(min_length=1)]
"""An id, also where Stripe sends the whole object."""
Metadata = Annotated[dict[str, str] | None, AfterValidator(_sorted)]
Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339, UTC."""
UnixTime = Annotated[Time, BeforeValidator(_moment)]
"""Stripe's Unix seconds, told as RFC 3339."""


class PublishedEvent(BaseModel):
    """What a record's value says; the class's name and version are the event's."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="ignore",
        hide_input_in_errors=True,
        json_schema_serialization_defaults_required=True,
    )

    version: ClassVar[int] = 1
    example: ClassVar[Mapping[str, JsonValue]] = {}
    """Where the example of the whole event differs from those of its fields.

    It has `object_id` too where the event's example has no `payment_id`.
    """

    @classmethod
    def full_example(cls) -> dict[str, JsonValue]:
        """A plausible value of the event, every field in it."""
        hidden = {name for name, field in cls.model_fields.items() if field.exclude}
        return {name: value for name, value in cls._examples().items() if name not in hidden}

    @classmethod
    def example_key(cls) -> str:
        """The key of the record that has the whole example as its value."""
        examples = cls._examples()
        return str(examples["payment_id"] or examples["object_id"])

    @classmethod
    def _examples(cls) -> dict[str, JsonValue]:
        fields = {name: (field.examples or [None])[0] for name, field in cls.model_fields.items()}
        for kind in reversed(cls.__mro__):
            fields |= vars(kind).get("example", {})
        return fields


class EventData(PublishedEvent):
    """What every event says of Stripe's object; all but the time is null where it has none."""

    object_id: Annotated[str, Field(min_length=1, validation_alias="id", **_HIDDEN)]

    payment_id: Id | None = optional(
        "The PaymentIntent's id.", "payment_intent", example="pi_3MtwBwLkdIwHu7ix28a3tqPa"
    )
    status: str | None = optional("The object's status at Stripe then.", example="succeeded")
    amount: int | None = optional("In Stripe's unit of the currency.", example=2000)
    currency: str | None = optional("ISO 4217, in lower case.", example="eur")
    reference: str | None = optional(
        "The caller's reference, from the object's own metadata.",
        "metadata.reference",
        example="booking-42",
    )
    metadata: Metadata = optional(
        "The object's own metadata, `reference` included.", example={"reference": "booking-42"}
    )
    occurred_at: Time = required(
        "The Stripe event's time, RFC 3339 in UTC.", example="2026-01-31T12:00:00Z"
    )

    @property
    def key(self) -> str:
        """What the record is kept under: the PaymentIntent's id, else the object's own."""
        return self.payment_id or self.object_id


class StripeEventUnreadable(PublishedEvent):
    """A genuine event of a mapped type whose shape can't be read; only what identifies it."""

    stripe_event_id: str = required("`evt_…`.", example="evt_1NG8Du2eZvKYlo2CUI79vXWy")
    stripe_event_type: str = required("Stripe's type.", example="payment_intent.succeeded")
    stripe_api_version: str | None = optional(
        "The version of its shape.", example="2026-10-28.endive"
    )
    reason: str = required(
        "Which fields are missing or mistyped, never their values.",
        example="data.object.amount: Field required",
    )
    occurred_at: Time | None = optional(
        "When it happened, RFC 3339 in UTC; null if that can't be read either.",
        example="2026-01-31T12:00:00Z",
    )

    @classmethod
    def example_key(cls) -> str:
        """The Stripe event's id."""
        return str(cls._examples()["stripe_event_id"])
