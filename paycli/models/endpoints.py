"""Webhook endpoints, as they are configured at Stripe."""

import re
from dataclasses import dataclass, field

_CREDENTIALS = re.compile(r"(?<=://)[^/?#]*@")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook endpoint at Stripe.

    `api_version` is None if the endpoint uses the account's default. `enabled_events` is `("*",)`
    if it receives all events. `connect`: it receives the events of connected accounts, instead of
    those of the account itself.
    """

    id: str
    url: str = field(repr=False)
    enabled: bool
    api_version: str | None
    enabled_events: tuple[str, ...]
    connect: bool = False

    @property
    def shown_url(self) -> str:
        """The URL for a screen: with `***` in place of a user name and password."""
        return _CREDENTIALS.sub("***@", self.url, count=1)


@dataclass(frozen=True, slots=True)
class CreateEndpoint:
    """What creates an endpoint. `api_version` and `connect` cannot be changed later."""

    url: str = field(repr=False)
    api_version: str
    enabled_events: tuple[str, ...]
    connect: bool = False


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint that was created, with its signing secret, which Stripe shows only then."""

    endpoint: Endpoint
    secret: str = field(repr=False)
