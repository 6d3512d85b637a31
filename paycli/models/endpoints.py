"""Webhook endpoints, as they are configured at Stripe."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook endpoint at Stripe.

    `api_version` is None if the endpoint uses the account's default. `enabled_events` is `("*",)`
    if it receives all events.
    """

    id: str
    url: str = field(repr=False)
    enabled: bool
    api_version: str | None
    enabled_events: tuple[str, ...]
