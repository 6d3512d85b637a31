"""Queries each registry for its view of the daemon; nothing is changed."""

import http.client
import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from paycli.adapters.eureka.client import EurekaInstance, EurekaServer
from paycli.models import RegistryStatus

_START_BYTES = 1024
_MAX_BYTES = 4 << 20
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def probe_registry(url: str, instance: EurekaInstance) -> RegistryStatus:
    """Queries the registry at `url`; the result contains none of the URL's credentials."""
    server = EurekaServer.at(url)
    scheme = "https" if server.secure else "http"
    name = f"{scheme}://{server}{server.path}"
    try:
        return _query(server, name, instance)
    except (OSError, http.client.HTTPException) as error:
        return RegistryStatus(name, failure=f"no response ({type(error).__name__})")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return RegistryStatus(name, failure="its response is not that of a Eureka server")


def _query(server: EurekaServer, name: str, instance: EurekaInstance) -> RegistryStatus:
    # The list of all applications may be large, and its start shows whether this is a registry.
    status, start = server.get("/apps", _START_BYTES)
    if status in _REFUSED:
        return RegistryStatus(name, failure=f"status {status}", refused=True)
    if status != HTTPStatus.OK:
        return RegistryStatus(name, failure=f"status {status}")
    if b'"applications"' not in start:
        raise ValueError
    # An instance queried by its id comes from the registry itself, lists come from a cache.
    status, body = server.get(instance.path, _MAX_BYTES)
    own_status = json.loads(body)["instance"]["status"] if status == HTTPStatus.OK else None
    others = tuple(_others(server.get(instance.app_path, _MAX_BYTES), instance))
    return RegistryStatus(name, status=own_status, others=others)


def _others(response: tuple[int, bytes], instance: EurekaInstance) -> Iterator[str]:
    status, body = response
    if status != HTTPStatus.OK:
        return
    for each in _as_list(json.loads(body)["application"]["instance"]):
        if each.get("instanceId") != instance.id:
            yield f"{each['hostName']}:{each['port']['$']}"


def _as_list(value: Any) -> Iterable[Any]:  # noqa: ANN401  (any JSON)
    """Some registries send a single element without its list."""
    return value if isinstance(value, list) else [value]
