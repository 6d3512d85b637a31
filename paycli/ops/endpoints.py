"""Webhook endpoints at Stripe, as the daemon needs them: planned and applied."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from paycli.errors import EndpointUnchanged, FieldsInvalid, Problem
from paycli.models import CreateEndpoint, Endpoint, NewEndpoint
from paycli.ops.endpoint_address import (
    corrected,
    has_credentials,
    is_meant_for_us,
    problem_of,
    same_address,
)
from paycli.printable import shell_word

_ALL = "*"


class EndpointsApi(Protocol):
    """Webhook endpoints at Stripe. Each call may raise StripeFailure."""

    def list(self) -> tuple[Endpoint, ...]:
        """Returns the endpoints of the account."""

    def create(self, request: CreateEndpoint, key: str) -> NewEndpoint:
        """Creates an endpoint, once per idempotency key, and returns it with its secret."""

    def update(self, endpoint_id: str, url: str, event_types: Collection[str]) -> Endpoint:
        """Sets address and types of an endpoint."""

    def disable(self, endpoint_id: str) -> Endpoint:
        """Disables an endpoint: Stripe sends nothing more to it, and repeats nothing."""


class EndpointAction(StrEnum):
    """What applying does, or would do, to an endpoint."""

    CREATE = "create"
    UPDATE = "update"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """What applying does: `endpoint` is None for a new one.

    `added` and `removed` are event types.
    """

    action: EndpointAction
    endpoint: Endpoint | None
    added: tuple[str, ...]
    removed: tuple[str, ...]


def missing_types(endpoint: Endpoint, event_types: Collection[str]) -> tuple[str, ...]:
    """Returns the types, sorted, that the endpoint does not send."""
    enabled = set(endpoint.enabled_events)
    return () if _ALL in enabled else tuple(sorted(set(event_types) - enabled))


def superfluous_types(endpoint: Endpoint, event_types: Collection[str]) -> tuple[str, ...]:
    """Returns the types, sorted, that the endpoint sends in vain; `*` if it sends all."""
    return tuple(sorted(set(endpoint.enabled_events) - set(event_types)))


def serves_webhooks(endpoint: Endpoint) -> bool:
    """Whether its address is meant for a paycli daemon, correctly written or almost so."""
    return is_meant_for_us(endpoint.url)


def wanted_endpoint(
    url: str, event_types: Collection[str], api_version: str, *, connect: bool
) -> CreateEndpoint:
    """Returns what an endpoint at this address must be. Raises FieldsInvalid for its address."""
    if problem := problem_of(url):
        raise FieldsInvalid([Problem("#/url", problem)])
    scheme, colon, rest = url.partition(":")
    url = scheme.lower() + colon + rest
    return CreateEndpoint(url, api_version, tuple(sorted(event_types)), connect)


def apply_command(endpoint: Endpoint, *options: str) -> str:
    """Returns the command that repairs the endpoint, at the address that the daemon serves.

    One with credentials in its URL is not changed, but another one is created.
    """
    if has_credentials(endpoint.url):
        options = ("--secret-file FILE",)
    url = shell_word(corrected(endpoint.url))
    connect = ["--connect"] if endpoint.connect else []
    return " ".join(["paycli endpoint apply --url", url, *connect, *options])


def plan(
    endpoints: Sequence[Endpoint], wanted: CreateEndpoint, *, new: bool
) -> tuple[EndpointChange, ...]:
    """Returns the change for each enabled endpoint at the address, or that of a new one.

    Endpoints at another spelling of the address, such as one with a slash at its end, are moved to
    it. With `new`, one is created beside those. Those of another API version are left as they are,
    and so are those with credentials in their URL, which a proxy may require.

    Raises:
        EndpointUnchanged: all of them have another API version, which cannot be changed.
    """
    present = [
        each
        for each in endpoints
        if each.enabled
        and each.connect == wanted.connect
        and same_address(each.url, wanted.url)
        and not has_credentials(each.url)
    ]
    if new or not present:
        return (EndpointChange(EndpointAction.CREATE, None, wanted.enabled_events, ()),)
    current = [each for each in present if each.api_version == wanted.api_version]
    if not current:
        versions = ", ".join(f"{each.id}: {each.api_version or 'none'}" for each in present)
        raise EndpointUnchanged(
            f"the API version of an endpoint cannot be changed ({versions}): create one with "
            f"{wanted.api_version} beside it with --new --secret-file FILE, add its secret to "
            "PAYCLI_STRIPE_WEBHOOK_SECRETS, restart, then retire the old one with "
            f"paycli endpoint retire {present[0].id}"
        )
    return tuple(_change(each, wanted) for each in current)


def apply(
    api: EndpointsApi, wanted: CreateEndpoint, changes: Sequence[EndpointChange]
) -> Iterator[Endpoint]:
    """Updates the existing endpoints as planned, and returns each. Raises StripeFailure."""
    for change in changes:
        if change.endpoint is None:
            continue
        if change.action is EndpointAction.NONE:
            yield change.endpoint
        else:
            yield api.update(change.endpoint.id, wanted.url, wanted.enabled_events)


def _change(endpoint: Endpoint, wanted: CreateEndpoint) -> EndpointChange:
    added = missing_types(endpoint, wanted.enabled_events)
    removed = superfluous_types(endpoint, wanted.enabled_events)
    unchanged = not added and not removed and endpoint.url == wanted.url
    action = EndpointAction.NONE if unchanged else EndpointAction.UPDATE
    return EndpointChange(action, endpoint, added, removed)
