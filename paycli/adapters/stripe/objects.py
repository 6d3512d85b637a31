"""The common fields of Stripe's objects, as far as they are used here, strictly validated."""

from typing import Annotated, Generic, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from paycli.models.fields import UnixTime, expanded_id

Id = Annotated[str, BeforeValidator(expanded_id)]
"""An id, also of an object that Stripe sends whole. https://docs.stripe.com/api/expanding_objects"""


class StripeModel(BaseModel):
    """Base class of Stripe's objects and lists."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    @model_validator(mode="after")
    def _can_be_represented(self) -> Self:
        """JSON escapes can contain lone surrogates, which UTF-8, and so our responses, cannot."""
        self.model_dump_json()
        return self


class ApiObject(StripeModel):
    """An object with an id and metadata, one key of which is our `reference`.

    Every time is a `UnixTime`, so that one that is out of range fails the validation.
    """

    id: str
    metadata: dict[str, str] | None = None
    created: UnixTime

    @property
    def reference(self) -> str | None:
        """The caller's own id of the object."""
        return (self.metadata or {}).get("reference")

    @property
    def caller_metadata(self) -> dict[str, str]:
        """The metadata without `reference`."""
        return {key: value for key, value in (self.metadata or {}).items() if key != "reference"}


class SettledAmount(StripeModel):
    """What a movement of money came to: https://docs.stripe.com/api/balance_transactions/object."""

    fee: int
    net: int
    currency: str
    available_on: UnixTime


Listed = TypeVar("Listed", bound=ApiObject)


class ObjectList(StripeModel, Generic[Listed]):
    """https://docs.stripe.com/api/pagination and https://docs.stripe.com/api/pagination/search."""

    data: list[Listed]
    has_more: bool
    next_page: str | None = None

    @property
    def position(self) -> str | None:
        """The start of the next page: the token of a search, or the last id of a list."""
        if not self.has_more or not self.data:
            return None
        return self.next_page or self.data[-1].id
