"""Webhook endpoints at Stripe, as the daemon needs them: planned, applied and retired."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from paycli.errors import EndpointUnchanged, FieldsInvalid, Problem
from paycli.models import CreateEndpoint, Endpoint, NewEndpoint
from paycli.ops.endpoint_address import is_meant_for_us, path_of, same_address
from paycli.routes import WEBHOOK_PATH

_ALL = "*"
_URL = re.compile(r"https?://[!-~]+", re.ASCII)


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
    return is_meant_for_us(path_of(endpoint.url))


def wanted_endpoint(
    url: str, event_types: Collection[str], api_version: str, *, connect: bool
) -> CreateEndpoint:
    """Returns what an endpoint at this address must be. Raises FieldsInvalid for its address."""
    if not _URL.fullmatch(url) or not _host(url):
        raise FieldsInvalid([Problem("#/url", "must be the whole address, https://HOST/…")])
    if not path_of(url).endswith(WEBHOOK_PATH) or "?" in url or "#" in url:
        raise FieldsInvalid([Problem("#/url", f"must end with exactly {WEBHOOK_PATH}")])
    return CreateEndpoint(url, api_version, tuple(sorted(event_types)), connect)


def plan(
    endpoints: Sequence[Endpoint], wanted: CreateEndpoint, *, new: bool
) -> tuple[EndpointChange, ...]:
    """Returns the change for each enabled endpoint at the address, or that of a new one.

    Endpoints at another spelling of the address, such as one with a slash at its end, are moved to
    it. With `new`, one is created beside those. Those of another API version are left as they are.

    Raises:
        EndpointUnchanged: all of them have another API version, which cannot be changed.
    """
    present = [
        each
        for each in endpoints
        if each.enabled and each.connect == wanted.connect and same_address(each.url, wanted.url)
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


def retire(api: EndpointsApi, endpoint_id: str, *, force: bool) -> Endpoint:
    """Disables an endpoint; one that is disabled stays so. Raises StripeFailure.

    Raises:
        EndpointUnchanged: there is no such endpoint; or, without `force`, no other enabled one
            receives the same events at the same address.
    """
    endpoints = api.list()
    endpoint = next((each for each in endpoints if each.id == endpoint_id), None)
    if endpoint is None:
        raise EndpointUnchanged("this account has no such endpoint: see paycli endpoint list")
    if not endpoint.enabled:
        return endpoint
    if not force and not is_served(endpoint, endpoints):
        raise EndpointUnchanged(
            f"no other enabled endpoint serves {endpoint.url}: Stripe would send no more events "
            "there; create another one first, with paycli endpoint apply --new, or repeat this "
            "with --force"
        )
    return api.disable(endpoint.id)


def is_served(endpoint: Endpoint, endpoints: Collection[Endpoint]) -> bool:
    """Whether another enabled endpoint receives the same account's events at its address."""
    return any(
        each.enabled
        and each.id != endpoint.id
        and each.connect == endpoint.connect
        and same_address(each.url, endpoint.url)
        and path_of(each.url).endswith(WEBHOOK_PATH)
        for each in endpoints
    )


def _change(endpoint: Endpoint, wanted: CreateEndpoint) -> EndpointChange:
    added = missing_types(endpoint, wanted.enabled_events)
    removed = superfluous_types(endpoint, wanted.enabled_events)
    unchanged = not added and not removed and endpoint.url == wanted.url
    action = EndpointAction.NONE if unchanged else EndpointAction.UPDATE
    return EndpointChange(action, endpoint, added, removed)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
