"""Typed access to the JSON object in a request's body."""

import json


class InvalidJsonBody(ValueError):
    """The body is not the JSON object that the route expects; the text says why."""


class JsonBody:
    """A JSON object; an empty body is an empty object.

    Raises InvalidJsonBody if the body is not a JSON object, or a field has the wrong type.
    """

    def __init__(self, body: bytes) -> None:
        try:
            fields = json.loads(body or b"{}")
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise InvalidJsonBody(str(error)) from None
        if not isinstance(fields, dict):
            raise InvalidJsonBody("the body must be a JSON object")
        self.fields: dict[str, object] = fields

    def text(self, name: str, default: str | None = None) -> str:
        """A string; without a default the field is required."""
        value = self.fields.get(name, default)
        if not isinstance(value, str):
            raise InvalidJsonBody(f"{name} must be a string")
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number; without a default the field is required."""
        value = self.fields.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidJsonBody(f"{name} must be a whole number")
        return value

    def object(self, name: str) -> dict[str, object]:
        """A JSON object; the field is required."""
        value = self.fields.get(name)
        if not isinstance(value, dict):
            raise InvalidJsonBody(f"{name} must be a JSON object")
        return value
