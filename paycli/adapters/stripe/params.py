"""Request parameters that several resources share."""

Params = dict[str, object]


def without_none(**params: object) -> Params:
    """Returns the parameters that are not None."""
    return {name: value for name, value in params.items() if value is not None}


def reference_metadata(reference: str | None) -> dict[str, str]:
    """Returns the metadata that stores the caller's reference at Stripe."""
    return {} if reference is None else {"reference": reference}
