"""Retiring a webhook endpoint at Stripe without losing an event."""

from collections.abc import Collection

from paycli.errors import EndpointUnchanged
from paycli.models import Endpoint
from paycli.ops.endpoint_address import has_query, is_exact_path, same_address
from paycli.ops.endpoints import EndpointsApi, apply_command, missing_types, serves_webhooks

_SHOWN_TYPES = 3


def retire(
    api: EndpointsApi,
    endpoint_id: str,
    event_types: Collection[str],
    api_version: str,
    *,
    force: bool,
) -> Endpoint:
    """Disables an endpoint; one that is disabled stays so. Raises StripeFailure.

    `event_types` are those that the daemon publishes, `api_version` that of new endpoints.

    Raises:
        EndpointUnchanged: there is no such endpoint; or, without `force`, the other enabled ones
            at its address do not send all of these types that it sends.
    """
    endpoints = api.list()
    endpoint = next((each for each in endpoints if each.id == endpoint_id), None)
    if endpoint is None:
        raise EndpointUnchanged("this account has no such endpoint: see paycli endpoint list")
    if not endpoint.enabled:
        return endpoint
    if not force and not is_replaced(endpoint, endpoints, event_types):
        others = others_at_address(endpoint, endpoints)
        first = (
            f"run {repair_of_loss(endpoint, others, api_version)} first, or "
            if serves_webhooks(endpoint)
            else ""
        )
        loss = _loss(endpoint, others, event_types)
        raise EndpointUnchanged(f"{loss}; {first}repeat this with --force")
    return api.disable(endpoint.id)


def is_replaced(
    endpoint: Endpoint, endpoints: Collection[Endpoint], event_types: Collection[str]
) -> bool:
    """Whether the other enabled endpoints at its address send all of the types that it sends."""
    others = others_at_address(endpoint, endpoints)
    return bool(others) and not lost_types(endpoint, others, event_types)


def others_at_address(endpoint: Endpoint, endpoints: Collection[Endpoint]) -> list[Endpoint]:
    """Returns the other enabled ones that send the same account's events to the daemon there."""
    return [
        each
        for each in endpoints
        if each.enabled
        and each.id != endpoint.id
        and each.connect == endpoint.connect
        and same_address(each.url, endpoint.url)
        and is_exact_path(each.url)
        and not has_query(each.url)
    ]


def lost_types(
    endpoint: Endpoint, others: Collection[Endpoint], event_types: Collection[str]
) -> tuple[str, ...]:
    """Returns those of the types, sorted, that the endpoint sends and none of the others does."""
    missing = set(event_types) - set(missing_types(endpoint, event_types))
    for other in others:
        missing &= set(missing_types(other, event_types))
    return tuple(sorted(missing))


def repair_of_loss(endpoint: Endpoint, others: Collection[Endpoint], api_version: str) -> str:
    """Returns the command after which other endpoints send all types to the address."""
    if any(each.api_version == api_version for each in others):
        return apply_command(endpoint)
    return apply_command(endpoint, "--new", "--secret-file FILE")


def _loss(endpoint: Endpoint, others: Collection[Endpoint], event_types: Collection[str]) -> str:
    if not others:
        return (
            f"no other enabled endpoint serves {endpoint.shown_url}: Stripe would send no more "
            "events there"
        )
    lost = lost_types(endpoint, others, event_types)
    shown = ", ".join(lost[:_SHOWN_TYPES])
    more = f" and {len(lost) - _SHOWN_TYPES} more" if len(lost) > _SHOWN_TYPES else ""
    return (
        f"the other enabled endpoints at {endpoint.shown_url} do not send {len(lost)} of the "
        f"event types that this one sends ({shown}{more}), which would be lost"
    )
