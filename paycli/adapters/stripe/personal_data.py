"""Personal data that we send to Stripe, and keep out of the errors that come back."""

import re
from collections.abc import Iterable, Iterator, Mapping

_PARAMS = frozenset({"customer_email", "email", "name", "phone", "receipt_email"})
_EMAIL_ADDRESS = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")
_PUNCTUATION = re.compile(r"[\W_]+")
_MIN_CHARACTERS = 3
"""Shorter values identify no person, and occur in any message."""


def personal_values(params: Mapping[str, object]) -> Iterator[str]:
    """Yields the values of all parameters with personal data, nested ones included."""
    for name, value in params.items():
        if isinstance(value, Mapping):
            yield from personal_values(value)
        elif name in _PARAMS and isinstance(value, str):
            yield value


def impersonal(message: str, param: str | None, values: Iterable[str]) -> str:
    """Returns Stripe's message, or another one if it may have personal data.

    That is a message about a personal parameter, whose value Stripe may repeat in another form, and
    one that has an email address or one of the `values` that were sent.
    """
    about = param is not None and param.rstrip("]").rpartition("[")[2] in _PARAMS
    text = _letters(message)
    repeated = any(
        len(letters) >= _MIN_CHARACTERS and letters in text for letters in map(_letters, values)
    )
    if not about and not repeated and not _EMAIL_ADDRESS.search(message):
        return message
    return f"Stripe refused the value of {param}" if param else "Stripe refused a value"


def _letters(text: str) -> str:
    """Returns letters and digits alone: Stripe may format a number, or change the case."""
    return _PUNCTUATION.sub("", text.casefold())
