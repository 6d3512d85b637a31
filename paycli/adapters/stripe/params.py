"""Parts of requests that several of Stripe's resources share."""

Params = dict[str, object]


def without_none(**params: object) -> Params:
    """The parameters that have a value."""
    return {name: value for name, value in params.items() if value is not None}


def reference_metadata(reference: str | None) -> dict[str, str]:
    """The caller's reference as metadata, where every resource of ours keeps it."""
    return {} if reference is None else {"reference": reference}
