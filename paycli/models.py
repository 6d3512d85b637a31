"""The nouns: what callers ask for, what they get back, what Kafka keeps."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, Self
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError, from_json

from paycli import money
from paycli.errors import BodyNotJson, FieldsInvalid, Problem

MAX_METADATA_KEYS = 49
"""Stripe takes 50; one is `reference`. https://docs.stripe.com/api/metadata"""
MAX_METADATA_KEY = 40
MAX_METADATA_VALUE = 500


def rfc3339(unix_seconds: int) -> str:
    """`2026-01-31T12:00:00Z` for a Unix time; raises ValueError beyond the year 9999."""
    try:
        moment = datetime.fromtimestamp(unix_seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError("the time is out of range") from None
    return moment.isoformat().replace("+00:00", "Z")


def _currency(code: str) -> str:
    try:
        return money.currency(code).code
    except money.UnknownCurrency as error:
        raise PydanticCustomError("currency", "{detail}", {"detail": str(error)}) from error


def _metadata(metadata: dict[str, str]) -> dict[str, str]:
    if "reference" in metadata:
        raise PydanticCustomError(
            "metadata", "'reference' has a field of its own: move it out of metadata"
        )
    for key, value in metadata.items():
        if not 1 <= len(key) <= MAX_METADATA_KEY or "[" in key or "]" in key:
            raise PydanticCustomError("metadata", "keys have 1 to 40 characters, without brackets")
        if len(value) > MAX_METADATA_VALUE:
            raise PydanticCustomError("metadata", "values have at most 500 characters")
    return metadata


def _url(url: str) -> str:
    if not url.startswith(("https://", "http://")) or not url.isprintable() or " " in url:
        raise PydanticCustomError("url", "must be an http or https address")
    return url


Url = Annotated[str, StringConstraints(max_length=5000), AfterValidator(_url)]


class CreatePayment(BaseModel):
    """What a caller asks for; `amount` in Stripe's unit of `currency`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_default=True, hide_input_in_errors=True
    )

    # Fields that others are checked against come first.
    flow: Literal["payment_intent", "checkout"] = "payment_intent"
    currency: Annotated[str, AfterValidator(_currency)]
    amount: int
    reference: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    description: Annotated[str, StringConstraints(max_length=1000)] | None = None
    customer: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    receipt_email: Annotated[str, StringConstraints(min_length=3, max_length=800)] | None = None
    metadata: Annotated[
        dict[str, str], Field(max_length=MAX_METADATA_KEYS), AfterValidator(_metadata)
    ] = Field(default_factory=dict)
    capture_method: Literal["automatic", "manual"] = "automatic"
    success_url: Url | None = None
    cancel_url: Url | None = None

    @field_validator("amount")
    @classmethod
    def _amount_fits_currency(cls, amount: int, info: ValidationInfo) -> int:
        if code := info.data.get("currency"):
            try:
                money.check_amount(amount, money.currency(code))
            except money.WrongAmount as error:
                raise PydanticCustomError("amount", "{said}", {"said": str(error)}) from error
        return amount

    @field_validator("reference", "success_url")
    @classmethod
    def _required_for_checkout(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("flow") == "checkout":
            raise PydanticCustomError("missing", "is required for checkout")
        return value

    @field_validator("success_url", "cancel_url")
    @classmethod
    def _only_for_checkout(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("flow") == "payment_intent":
            raise PydanticCustomError("unexpected", 'goes with "flow": "checkout"')
        return value

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


def _problems(error: ValidationError) -> list[Problem]:
    """Each problem with its place as a JSON pointer in fragment form (RFC 6901, section 6)."""
    problems = []
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        place = (str(part).replace("~", "~0").replace("/", "~1") for part in item["loc"])
        pointer = "#" + "".join(f"/{quote(part)}" for part in place)
        problems.append(Problem(pointer, item["msg"]))
    return problems


class Payment(BaseModel):
    """A payment as callers see it: a PaymentIntent or, for checkout, a Session; state of the call.

    `amount` in Stripe's unit; `client_secret` is for the customer's browser and for nobody else.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    status: str
    amount: int
    currency: str
    reference: str | None
    client_secret: str | None = Field(repr=False)
    payment_url: str | None
    livemode: bool
    created_at: str


@dataclass(frozen=True, slots=True)
class CreatedPayment:
    """The answer to a create; `replayed` if an earlier try with the same key made it."""

    payment: Payment
    replayed: bool


@dataclass(frozen=True, slots=True)
class InternalEvent:
    """An event in our words: `value` is its data as JSON, `subject` the record's key.

    `occurred_at` is RFC 3339, None only if Stripe's own time can't be read.
    """

    name: str
    version: int
    subject: str
    value: bytes
    occurred_at: str | None
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record as it goes to the broker, headers in order."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Where the broker has persisted a record."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class BrokerStatus:
    """How it stands with Kafka: `ready` once it has answered and the topic was there, for good.

    `alive` is about ourselves: whether acknowledgements are taken in.
    """

    ready: bool
    reachable: bool
    missing_topics: tuple[str, ...]
    alive: bool = True


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as a topic holds it, byte for byte, headers in order; `timestamp_ms` Unix time."""

    partition: int
    offset: int
    timestamp_ms: int | None
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    def header(self, name: str) -> str | None:
        """The text of the last header of that name, None if there is none."""
        found = [value for known, value in self.headers if known == name and value is not None]
        return found[-1].decode("utf-8", "replace") if found else None


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What a daemon answered to a webhook: `outcome` with 200, else the problem's `code`."""

    status: int
    outcome: str | None
    code: str | None
    detail: str | None
