"""How requests are read: strictly, unknown fields refused, every problem told at once."""

from dataclasses import dataclass
from typing import Annotated, Generic, Self, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import from_json

from paycli.errors import BodyNotJson, FieldsInvalid, Problem
from paycli.models.fields import Cursor, Limit

T = TypeVar("T")


class RequestModel(BaseModel):
    """What a caller asks for; `account` is the connected account that it is about, if any."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_default=True, hide_input_in_errors=True
    )

    account: Annotated[str, StringConstraints(pattern=r"^acct_[A-Za-z0-9]{1,250}$")] | None = Field(
        default=None,
        description="The connected account (Stripe Connect) that this is about; else our own.",
        examples=["acct_1032D82eZvKYlo2C"],
    )

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Reads a request's body. Raises BodyNotJson, or FieldsInvalid with every problem."""
        try:
            fields = from_json(body, allow_inf_nan=False)
        except ValueError:
            raise BodyNotJson("the body is not JSON (UTF-8)") from None
        return cls.from_fields(fields)

    @classmethod
    def from_fields(cls, fields: object) -> Self:
        """Checks fields, a mapping by name. Raises FieldsInvalid with every problem."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise FieldsInvalid(_problems(error)) from None


class ListRequest(RequestModel):
    """What is to be listed; its fields are texts where they come from a query."""

    limit: Limit = Field(default=10, description="How many at most on a page.")
    cursor: Cursor | None = Field(
        default=None, description="`next_cursor` of the page before; the other parameters as there."
    )

    @property
    def listing(self) -> str:
        """Names what is listed, whichever page of it: a cursor of one listing fits no other."""
        kept = self.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
        return f"{type(self).__name__} {sorted(kept.items())}"


@dataclass(frozen=True, slots=True)
class ResultPage(Generic[T]):
    """One page of a listing; `position` is where Stripe goes on, None at its end."""

    items: tuple[T, ...]
    position: str | None


@dataclass(frozen=True, slots=True)
class WriteResult(Generic[T]):
    """The answer to a write; `replayed` if an earlier try with the same key had done it."""

    result: T
    replayed: bool


def _problems(error: ValidationError) -> list[Problem]:
    """Each problem with its place as a JSON pointer in fragment form (RFC 6901, section 6)."""
    problems: dict[str, str] = {}
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        place = (str(part).replace("~", "~0").replace("/", "~1") for part in item["loc"])
        pointer = "#" + "".join(f"/{quote(part)}" for part in place)
        problems.setdefault(pointer, item["msg"])
    return [Problem(pointer, detail) for pointer, detail in problems.items()]
