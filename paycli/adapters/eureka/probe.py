"""What each registry knows of the daemon, asked of each by itself; nothing is changed."""

import http.client
import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from paycli.adapters.eureka.client import EurekaInstance, EurekaServer
from paycli.models import RegistryStatus

_BEGINNING_BYTES = 1024
_MOST_BYTES = 4 << 20
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def probe_registry(url: str, instance: EurekaInstance) -> RegistryStatus:
    """Asks the registry at `url`, whose credentials come back in nothing that it says."""
    asked = EurekaServer.at(url)
    scheme = "https" if asked.secure else "http"
    name = f"{scheme}://{asked}{asked.path}"
    try:
        return _ask(asked, name, instance)
    except (OSError, http.client.HTTPException) as error:
        return RegistryStatus(name, failure=f"no answer ({type(error).__name__})")
    except (ValueError, LookupError, TypeError, AttributeError):
        return RegistryStatus(name, failure="its answer is not what a Eureka server says")


def _ask(asked: EurekaServer, name: str, instance: EurekaInstance) -> RegistryStatus:
    # All that is registered may be large, and its beginning tells whether this is a registry.
    status, beginning = asked.get("/apps", _BEGINNING_BYTES)
    if status in _REFUSED:
        return RegistryStatus(name, failure=f"answered {status}", refused=True)
    if status != HTTPStatus.OK:
        return RegistryStatus(name, failure=f"answered {status}")
    if b'"applications"' not in beginning:
        raise ValueError
    # Asked for by its id, it comes from the register itself; lists come from a cache.
    status, body = asked.get(instance.path, _MOST_BYTES)
    held = json.loads(body)["instance"]["status"] if status == HTTPStatus.OK else None
    others = tuple(_others(asked.get(instance.app_path, _MOST_BYTES), instance))
    return RegistryStatus(name, status=held, others=others)


def _others(answer: tuple[int, bytes], instance: EurekaInstance) -> Iterator[str]:
    status, body = answer
    if status != HTTPStatus.OK:
        return
    for it in _as_list(json.loads(body)["application"]["instance"]):
        if it.get("instanceId") != instance.id:
            yield f"{it['hostName']}:{it['port']['$']}"


def _as_list(value: Any) -> Iterable[Any]:  # noqa: ANN401  (JSON of somebody else)
    """Some registries write an only one without its list."""
    return value if isinstance(value, list) else [value]
