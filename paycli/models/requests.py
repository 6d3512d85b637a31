"""Base classes of request models: strict types, no unknown fields, all problems in one error."""

from collections import Counter
from dataclasses import dataclass
from typing import Generic, Self, TypeVar
from urllib.parse import quote

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import from_json

from paycli.errors import MAX_PROBLEMS, BodyNotJson, FieldsInvalid, Problem
from paycli.models.fields import AccountId, Cursor, Limit

T = TypeVar("T")


_MAX_TOKEN_LENGTH = 100
"""Of a pointer's token. Names of unknown fields are the caller's, and can have any length."""


class StrictModel(BaseModel):
    """What a caller sends: every field is known and has exactly its type. Has no field itself."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_default=True, hide_input_in_errors=True
    )

    @model_validator(mode="before")
    @classmethod
    def _limit_unknown_fields(cls, value: object, info: ValidationInfo) -> object:
        """Drops unknown fields that would not be reported anyway, and counts them in the context.

        Each would become an object of Pydantic's: 80,000 took half a second.
        """
        omitted: Counter[str] | None = info.context
        if omitted is None or not isinstance(value, dict):
            return value
        known = cls.model_fields
        unknown = [name for name in value if name not in known]
        if len(unknown) <= MAX_PROBLEMS:
            return value
        dropped = set(unknown[MAX_PROBLEMS:])
        omitted["unknown"] += len(dropped)
        return {name: field for name, field in value.items() if name not in dropped}

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Parses and validates a JSON body. Raises BodyNotJson, FieldsInvalid."""
        try:
            fields = from_json(body, allow_inf_nan=False)
        except ValueError:
            raise BodyNotJson("the body is not valid JSON in UTF-8") from None
        return cls.from_fields(fields)

    @classmethod
    def from_fields(cls, fields: object) -> Self:
        """Validates a mapping of field names to values. Raises FieldsInvalid."""
        omitted = Counter[str]()
        try:
            return cls.model_validate(fields, context=omitted)
        except ValidationError as error:
            raise FieldsInvalid(_problems(error), omitted.total()) from None


class RequestModel(StrictModel):
    """Base class of requests; `account` is the connected account, None for our own."""

    account: AccountId | None = Field(
        default=None,
        description="The connected account (Stripe Connect) that the request is for. Defaults to "
        "the platform's own account.",
        examples=["acct_1032D82eZvKYlo2C"],
    )

    @property
    def other_accounts(self) -> tuple[str, ...]:
        """The connected accounts that the request moves money to, or acts on behalf of."""
        named = (getattr(self, name, None) for name in ("destination", "on_behalf_of"))
        return tuple(account for account in named if account is not None)


class ListRequest(RequestModel):
    """A request for one page of a list; fields may be strings, as in a query string."""

    limit: Limit = Field(default=10, description="The maximum number of objects on the page.")
    cursor: Cursor | None = Field(
        default=None,
        description="`next_cursor` of the previous page. Repeat the other parameters unchanged.",
    )

    @property
    def listing(self) -> str:
        """Identifies the list regardless of the page: a cursor is only valid for its own list."""
        parameters = self.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
        return f"{type(self).__name__} {sorted(parameters.items())}"


@dataclass(frozen=True, slots=True)
class ResultPage(Generic[T]):
    """One page of a list; `position` is where the next page starts, None on the last page."""

    items: tuple[T, ...]
    position: str | None


@dataclass(frozen=True, slots=True)
class WriteResult(Generic[T]):
    """The result of a write; `replayed` is whether an earlier request with the same key did it."""

    result: T
    replayed: bool


def _problems(error: ValidationError) -> list[Problem]:
    """Returns the problems by JSON pointer in URI fragment form (RFC 6901, section 6)."""
    problems: dict[str, str] = {}
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        pointer = "#" + "".join(f"/{_token(str(part))}" for part in item["loc"])
        problems.setdefault(pointer, item["msg"])
    return [Problem(pointer, detail) for pointer, detail in problems.items()]


def _token(part: str) -> str:
    """Returns a token of a pointer; that of an unknown field with a long name is cut off."""
    cut_off = part if len(part) <= _MAX_TOKEN_LENGTH else f"{part[:_MAX_TOKEN_LENGTH]}…"
    return quote(cut_off.replace("~", "~0").replace("/", "~1"))
