"""Request parameters that several resources share."""

from collections.abc import Iterator, Mapping

Params = dict[str, object]

_PERSONAL = frozenset({"customer_email", "email", "name", "phone", "receipt_email"})
"""Parameters with personal data."""


def without_none(**params: object) -> Params:
    """Returns the parameters that are not None."""
    return {name: value for name, value in params.items() if value is not None}


def reference_metadata(reference: str | None) -> dict[str, str]:
    """Returns the metadata that stores the caller's reference at Stripe."""
    return {} if reference is None else {"reference": reference}


def personal_values(params: Mapping[str, object]) -> Iterator[str]:
    """Yields the values of all parameters with personal data, nested ones included."""
    for name, value in params.items():
        if isinstance(value, Mapping):
            yield from personal_values(value)
        elif name in _PERSONAL and isinstance(value, str):
            yield value
