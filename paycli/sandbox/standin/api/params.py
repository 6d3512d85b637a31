"""The parameters of a request, validated against a schema; errors are as Stripe's.

A schema has a parser for each parameter. A parser turns the decoded value into a Python value or
raises StripeErrorResponse; its second argument is the parameter's full name, for the error.
"""

import re
from collections.abc import Callable, Mapping

from paycli import money
from paycli.sandbox.standin.api.errors import (
    StripeErrorResponse,
    invalid_param,
    missing_param,
)

Parser = Callable[[object, str], object]
Schema = Mapping[str, Parser]

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_EMPTY: dict[str, object] = {}
MAX_METADATA_KEYS = 50
MAX_KEY_LENGTH = 40
MAX_VALUE_LENGTH = 500


class Params:
    """Validated parameters by name; one that is absent or empty is None."""

    __slots__ = ("values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str | None:
        """A string."""
        value = self.values.get(name)
        assert value is None or isinstance(value, str)
        return value

    def number(self, name: str) -> int | None:
        """A whole number."""
        value = self.values.get(name)
        assert value is None or isinstance(value, int)
        return value

    def flag(self, name: str) -> bool:
        """A boolean; False if absent."""
        return self.values.get(name) is True

    def metadata(self, name: str = "metadata") -> dict[str, str] | None:
        """Metadata; an empty value removes its key, and an empty dictionary removes all keys."""
        value = self.values.get(name)
        assert value is None or isinstance(value, dict)
        return value

    def inner(self, name: str) -> "Params":
        """A hash; empty if absent."""
        value = self.values.get(name)
        return value if isinstance(value, Params) else Params(_EMPTY)

    def items(self, name: str) -> list[object] | None:
        """A list."""
        value = self.values.get(name)
        assert value is None or isinstance(value, list)
        return value


def parse(
    decoded: Mapping[str, object], schema: Schema, required: tuple[str, ...] = (), parent: str = ""
) -> Params:
    """The validated parameters; `parent` is the name of the hash that they are in.

    Raises:
        StripeErrorResponse: `parameter_unknown`, `parameter_missing`, or a parser's error.
    """
    values: dict[str, object] = {}
    for name, value in decoded.items():
        full_name = f"{parent}[{name}]" if parent else name
        parser = schema.get(name)
        if parser is None:
            message = f"Received unknown parameter: {full_name}"
            raise StripeErrorResponse(message, code="parameter_unknown", param=full_name)
        values[name] = parser(value, full_name)
    for name in required:
        if values.get(name) is None:
            raise missing_param(f"{parent}[{name}]" if parent else name)
    return Params(values)


def merge_metadata(old: dict[str, str], update: dict[str, str] | None) -> dict[str, str]:
    """Metadata after an update: https://docs.stripe.com/api/metadata."""
    if update is None:
        return old
    return {key: value for key, value in {**old, **update}.items() if value} if update else {}


def text(max_length: int = 5000) -> Parser:
    """A string of at most `max_length` characters; empty is None."""

    def parser(value: object, name: str) -> object:
        if not isinstance(value, str):
            raise invalid_param(name, f"Invalid string: {name}")
        if len(value) > max_length:
            raise invalid_param(name, f"Invalid {name}: it must be at most {max_length} characters")
        return value or None

    return parser


def integer(minimum: int | None = None, maximum: int | None = None) -> Parser:
    """A whole number in decimal digits."""

    def parser(value: object, name: str) -> object:
        if value == "":
            message = f"You passed an empty string for '{name}'."
            raise invalid_param(name, message, "parameter_invalid_empty")
        if not isinstance(value, str) or not _INTEGER.fullmatch(value):
            raise invalid_param(name, f"Invalid integer: {value}", "parameter_invalid_integer")
        number = int(value)
        if minimum is not None and number < minimum:
            message = f"This value must be greater than or equal to {minimum}."
            raise invalid_param(name, message, "parameter_invalid_integer")
        if maximum is not None and number > maximum:
            message = f"This value must be less than or equal to {maximum}."
            raise invalid_param(name, message, "parameter_invalid_integer")
        return number

    return parser


def boolean(value: object, name: str) -> object:
    """`true` or `false`."""
    if value not in ("true", "false"):
        raise invalid_param(name, f"Invalid boolean: {value}")
    return value == "true"


def choice(*values: str) -> Parser:
    """One of these values; empty is None."""

    def parser(value: object, name: str) -> object:
        if value == "":
            return None
        if value not in values:
            raise invalid_param(name, f"Invalid {name}: must be one of {', '.join(values)}")
        return value

    return parser


def currency(value: object, name: str) -> object:
    """A currency's code, in lower case."""
    try:
        return money.currency(str(value)).code
    except money.UnknownCurrency:
        message = f"Invalid currency: {value}. Stripe does not support this currency."
        raise invalid_param(name, message) from None


def metadata(value: object, name: str) -> object:
    """https://docs.stripe.com/api/metadata: 50 keys of 40 characters, values of 500."""
    if value == "":
        return {}
    if not isinstance(value, dict):
        raise invalid_param(name, f"Invalid object: {name}")
    if len(value) > MAX_METADATA_KEYS:
        raise invalid_param(name, f"Metadata can have at most {MAX_METADATA_KEYS} keys.")
    for key, entry in value.items():
        full_name = f"{name}[{key}]"
        if not isinstance(entry, str):
            raise invalid_param(full_name, f"Invalid string: {full_name}")
        if len(key) > MAX_KEY_LENGTH or len(entry) > MAX_VALUE_LENGTH:
            message = (
                f"Metadata keys have at most {MAX_KEY_LENGTH} characters, values at most "
                f"{MAX_VALUE_LENGTH}."
            )
            raise invalid_param(full_name, message)
    return value


def nested(schema: Schema, required: tuple[str, ...] = ()) -> Parser:
    """A hash with parameters of its own; empty is None."""

    def parser(value: object, name: str) -> object:
        if value == "":
            return None
        if not isinstance(value, dict):
            raise invalid_param(name, f"Invalid object: {name}")
        return parse(value, schema, required, parent=name)

    return parser


def array(item: Parser) -> Parser:
    """A list, its indices in any order; empty is an empty list."""

    def parser(value: object, name: str) -> object:
        if value == "":
            return []
        if not isinstance(value, dict):
            raise invalid_param(name, f"Invalid array: {name}")
        return [item(inner, f"{name}[{index}]") for index, inner in value.items()]

    return parser


def unchecked(value: object, _: str) -> object:
    """Any value, for parameters that are accepted and ignored."""
    return value or None


def timestamps(value: object, name: str) -> object:
    """Unix seconds, or a range of them by `gt`, `gte`, `lt`, `lte`."""
    bounds = dict.fromkeys(("gt", "gte", "lt", "lte"), integer())
    if isinstance(value, dict):
        return parse(value, bounds, parent=name)
    exact = integer()(value, name)
    return Params({"gte": exact, "lte": exact})
