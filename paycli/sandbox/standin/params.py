"""The parameters that a route takes: what is unknown, missing or wrong is refused as Stripe does.

A schema says each parameter's kind; a kind turns text into a value or raises Refusal.
"""

import re
from collections.abc import Callable, Mapping

from paycli import money
from paycli.sandbox.standin.refusals import Refusal, invalid, missing

Kind = Callable[[object, str], object]
Schema = Mapping[str, Kind]

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_EMPTY: dict[str, object] = {}
MAX_METADATA_KEYS = 50
MAX_KEY_LENGTH = 40
MAX_VALUE_LENGTH = 500


class Params:
    """Checked parameters by name. What was not sent is None; what was sent empty is None too."""

    __slots__ = ("values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str | None:
        """A text."""
        value = self.values.get(name)
        assert value is None or isinstance(value, str)
        return value

    def number(self, name: str) -> int | None:
        """A whole number."""
        value = self.values.get(name)
        assert value is None or isinstance(value, int)
        return value

    def flag(self, name: str) -> bool:
        """A boolean, false when it was not sent."""
        return self.values.get(name) is True

    def strings(self, name: str) -> dict[str, str] | None:
        """Metadata: an empty value removes its key, all of it when the whole was sent empty."""
        value = self.values.get(name)
        assert value is None or isinstance(value, dict)
        return value

    def inner(self, name: str) -> "Params":
        """A hash; an empty one when it was not sent."""
        value = self.values.get(name)
        return value if isinstance(value, Params) else Params(_EMPTY)

    def many(self, name: str) -> list[object] | None:
        """A list."""
        value = self.values.get(name)
        assert value is None or isinstance(value, list)
        return value


def parse(
    sent: Mapping[str, object], schema: Schema, required: tuple[str, ...] = (), inside: str = ""
) -> Params:
    """The checked parameters; `inside` is the name of the hash they are in.

    Raises:
        Refusal: `parameter_unknown`, `parameter_missing`, or as the kind says.
    """
    values: dict[str, object] = {}
    for name, value in sent.items():
        full = f"{inside}[{name}]" if inside else name
        kind = schema.get(name)
        if kind is None:
            raise Refusal(
                f"Received unknown parameter: {full}", code="parameter_unknown", param=full
            )
        values[name] = kind(value, full)
    for name in required:
        if values.get(name) is None:
            raise missing(f"{inside}[{name}]" if inside else name)
    return Params(values)


def text(max_length: int = 5000) -> Kind:
    """A text of at most so many characters; empty is None."""

    def kind(value: object, name: str) -> object:
        if not isinstance(value, str):
            raise invalid(name, f"Invalid string: {name}")
        if len(value) > max_length:
            raise invalid(name, f"Invalid {name}: it must be at most {max_length} characters")
        return value or None

    return kind


def integer(least: int | None = None, most: int | None = None) -> Kind:
    """A whole number in digits."""

    def kind(value: object, name: str) -> object:
        if value == "":
            raise invalid(
                name,
                f"You passed an empty string for '{name}'.",
                "parameter_invalid_empty",
            )
        if not isinstance(value, str) or not _INTEGER.fullmatch(value):
            raise invalid(name, f"Invalid integer: {value}", "parameter_invalid_integer")
        number = int(value)
        if least is not None and number < least:
            message = f"This value must be greater than or equal to {least}."
            raise invalid(name, message, "parameter_invalid_integer")
        if most is not None and number > most:
            message = f"This value must be less than or equal to {most}."
            raise invalid(name, message, "parameter_invalid_integer")
        return number

    return kind


def boolean(value: object, name: str) -> object:
    """True or false, in words."""
    if value not in ("true", "false"):
        raise invalid(name, f"Invalid boolean: {value}")
    return value == "true"


def choice(*values: str) -> Kind:
    """One of these words; empty is None."""

    def kind(value: object, name: str) -> object:
        if value == "":
            return None
        if value not in values:
            raise invalid(name, f"Invalid {name}: must be one of {', '.join(values)}")
        return value

    return kind


def currency(value: object, name: str) -> object:
    """A currency's code, in lower case."""
    try:
        return money.currency(str(value)).code
    except money.UnknownCurrency:
        message = f"Invalid currency: {value}. Stripe takes no currency of this code."
        raise invalid(name, message) from None


def metadata(value: object, name: str) -> object:
    """https://docs.stripe.com/api/metadata: 50 keys of 40 characters, values of 500."""
    if value == "":
        return {}
    if not isinstance(value, dict):
        raise invalid(name, f"Invalid object: {name}")
    if len(value) > MAX_METADATA_KEYS:
        raise invalid(name, f"Metadata can have at most {MAX_METADATA_KEYS} keys.")
    for key, text_ in value.items():
        if not isinstance(text_, str):
            raise invalid(f"{name}[{key}]", f"Invalid string: {name}[{key}]")
        if len(key) > MAX_KEY_LENGTH or len(text_) > MAX_VALUE_LENGTH:
            raise invalid(
                f"{name}[{key}]",
                f"Metadata keys have at most {MAX_KEY_LENGTH} characters, values at most "
                f"{MAX_VALUE_LENGTH}.",
            )
    return value


def nested(schema: Schema, required: tuple[str, ...] = ()) -> Kind:
    """A hash with parameters of its own; empty is None."""

    def kind(value: object, name: str) -> object:
        if value == "":
            return None
        if not isinstance(value, dict):
            raise invalid(name, f"Invalid object: {name}")
        return parse(value, schema, required, inside=name)

    return kind


def array(item: Kind) -> Kind:
    """A list, its indices in any order; empty is an empty list."""

    def kind(value: object, name: str) -> object:
        if value == "":
            return []
        if not isinstance(value, dict):
            raise invalid(name, f"Invalid array: {name}")
        return [item(inner, f"{name}[{index}]") for index, inner in value.items()]

    return kind


def raw(value: object, _: str) -> object:
    """A hash or text as it was sent: it is kept, not understood."""
    return value or None


def timestamps(value: object, name: str) -> object:
    """Unix seconds, or a range of them by `gt`, `gte`, `lt`, `lte`."""
    bounds = dict.fromkeys(("gt", "gte", "lt", "lte"), integer())
    if isinstance(value, dict):
        return parse(value, bounds, inside=name)
    exactly = integer()(value, name)
    return Params({"gte": exactly, "lte": exactly})
