"""Request parameters that several resources share."""

import math
from datetime import datetime

Params = dict[str, object]


def without_none(**params: object) -> Params:
    """Returns the parameters that are not None."""
    return {name: value for name, value in params.items() if value is not None}


def created_range(since: datetime | None, before: datetime | None) -> Params | None:
    """Returns a list's parameter `created`: from `since` on, before `before`; None if both are."""
    return without_none(gte=unix_seconds(since), lt=unix_seconds(before)) or None


def unix_seconds(moment: datetime | None) -> int | None:
    """Returns a bound in whole seconds, as Stripe's `created` is, rounded up.

    Created at or after 12:00:00.5 is at or after 12:00:01; before 12:00:00.5 is before 12:00:01.
    """
    return None if moment is None else math.ceil(moment.timestamp())


def reference_metadata(reference: str | None) -> dict[str, str]:
    """Returns the metadata that stores the caller's reference at Stripe."""
    return {} if reference is None else {"reference": reference}
