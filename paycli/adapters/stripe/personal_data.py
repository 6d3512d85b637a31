"""Personal data that we send to Stripe, and keep out of the errors that come back."""

import re
from collections.abc import Iterator, Mapping

_PARAMS = frozenset({"customer_email", "email", "name", "phone", "receipt_email"})
_EVIDENCE = "evidence"
"""A parameter whose every text is personal, and so long that Stripe may repeat a part of it."""
_EMAIL_ADDRESS = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")
_PUNCTUATION = re.compile(r"[\W_]+")
_MIN_CHARACTERS = 3
"""Shorter values identify no person, and occur in any message."""


def impersonal(message: str, param: str | None, params: Mapping[str, object]) -> str:
    """Returns Stripe's message, or another one if it may have personal data.

    That is a message about a personal parameter, whose value Stripe may repeat in another form, one
    that has an email address or a personal value among the `params` of the request, and every
    message about a request with evidence.
    """
    about = param is not None and param.rstrip("]").rpartition("[")[2] in _PARAMS
    text = _letters(message)
    repeated = any(
        len(letters) >= _MIN_CHARACTERS and letters in text
        for letters in map(_letters, _personal_values(params))
    )
    has_evidence = _EVIDENCE in params
    if not about and not repeated and not has_evidence and not _EMAIL_ADDRESS.search(message):
        return message
    return f"Stripe refused the value of {param}" if param else "Stripe refused a value"


def _personal_values(params: Mapping[str, object]) -> Iterator[str]:
    """Yields the values of all parameters with personal data, nested ones included."""
    for name, value in params.items():
        if isinstance(value, Mapping):
            yield from _personal_values(value)
        elif name in _PARAMS and isinstance(value, str):
            yield value


def _letters(text: str) -> str:
    """Returns letters and digits alone: Stripe may format a number, or change the case."""
    return _PUNCTUATION.sub("", text.casefold())
