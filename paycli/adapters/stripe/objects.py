"""What Stripe's objects have in common, as far as they are used here, validated strictly."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict


class ApiObject(BaseModel):
    """An object with an id and metadata, in which our `reference` is one of the keys."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    id: str
    metadata: dict[str, str] | None = None
    created: int

    @property
    def reference(self) -> str | None:
        """The caller's own id for it."""
        return (self.metadata or {}).get("reference")

    @property
    def caller_metadata(self) -> dict[str, str]:
        """The metadata without our own key."""
        return {key: value for key, value in (self.metadata or {}).items() if key != "reference"}


Listed = TypeVar("Listed", bound=ApiObject)


class ObjectList(BaseModel, Generic[Listed]):
    """https://docs.stripe.com/api/pagination and https://docs.stripe.com/api/pagination/search."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    data: list[Listed]
    has_more: bool
    next_page: str | None = None

    @property
    def position(self) -> str | None:
        """Where the next page begins: a search's token, or the last id of a list."""
        if not self.has_more or not self.data:
            return None
        return self.next_page or self.data[-1].id
