"""Webhook endpoints: https://docs.stripe.com/api/webhook_endpoints.

Endpoints belong to both modes, and each key of the own account sees all of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.errors import invalid_param, not_found
from paycli.sandbox.standin.api.pagination import LIST
from paycli.sandbox.standin.api.params import Schema, array, merge_metadata, text
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.store.events import EmittedEvent, matches_type
from paycli.sandbox.standin.store.objects import Json, JsonObjectState, ObjectState, Scope
from paycli.sandbox.standin.store.rendering import as_json
from paycli.sandbox.standin.store.store import OWN_ACCOUNT, Store

APPLICATION_ID = "ca_1SandboxOwnApplication"
"""The Connect application of the own account: `application` of endpoints with `connect`."""

_CHANGEABLE: Schema = {
    "description": text(),
    "enabled_events": array(text()),
    "metadata": params.metadata,
    "url": text(),
}
CREATE: Schema = {**_CHANGEABLE, "api_version": text(), "connect": params.boolean}
UPDATE: Schema = {**_CHANGEABLE, "disabled": params.boolean}


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Where events are sent. Each of `secrets` signs: there are two while one is being rolled.

    `enabled_events` may have types, groups such as `charge.*`, and `*`. `connect`: the events of
    connected accounts instead of the account's own. `api_version` None: the account's version.
    """

    url: str
    secrets: tuple[str, ...]
    enabled_events: tuple[str, ...] = ("*",)
    api_version: str | None = None
    connect: bool = False

    def accepts(self, event: EmittedEvent) -> bool:
        """Whether the event is sent here."""
        if self.connect == (event.scope.account == OWN_ACCOUNT):
            return False
        return any(matches_type(event.type, pattern) for pattern in self.enabled_events)


@dataclass(slots=True, kw_only=True, eq=False)
class WebhookEndpointState(ObjectState):
    """https://docs.stripe.com/api/webhook_endpoints/object."""

    TYPE = "webhook_endpoint"
    URL = "/v1/webhook_endpoints"

    target: WebhookTarget
    enabled: bool = True
    description: str | None = None
    metadata: dict[str, str]


@dataclass(slots=True, kw_only=True, eq=False)
class CreatedEndpointState(JsonObjectState):
    """The response to the creation of an endpoint, which alone has its secret."""

    TYPE = WebhookEndpointState.TYPE


def add(store: Store, target: WebhookTarget) -> WebhookEndpointState:
    """Adds an enabled endpoint to those of the account."""
    return store.add(
        WebhookEndpointState(
            id=store.new_id("we_1"),
            scope=Scope(OWN_ACCOUNT, livemode=False),
            created=store.now(),
            number=store.next_number(),
            target=target,
            metadata={},
        )
    )


def accepting(store: Store, event: EmittedEvent) -> Iterator[WebhookEndpointState]:
    """The enabled endpoints that the event is sent to, oldest first."""
    for endpoint in [*store.newest_first(WebhookEndpointState)][::-1]:
        if endpoint.enabled and endpoint.target.accepts(event):
            yield endpoint


def create(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/webhook_endpoints/create."""
    asked, store = call.params, call.store
    target = WebhookTarget(
        _url(asked.text("url") or ""),
        (store.new_id("whsec_")[:38],),
        _event_types(asked.items("enabled_events") or []),
        asked.text("api_version"),
        asked.flag("connect"),
    )
    endpoint = add(store, target)
    endpoint.scope = call.scope
    endpoint.description = asked.text("description")
    endpoint.metadata = merge_metadata({}, asked.metadata())
    return CreatedEndpointState(
        id=endpoint.id,
        scope=endpoint.scope,
        created=endpoint.created,
        number=endpoint.number,
        json={**as_json(endpoint), "secret": target.secrets[0]},
    )


def update(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/webhook_endpoints/update: neither version nor `connect`."""
    endpoint, asked = _find(call), call.params
    if "enabled_events" in asked:
        types = _event_types(asked.items("enabled_events") or [])
        endpoint.target = replace(endpoint.target, enabled_events=types)
    if "url" in asked:
        endpoint.target = replace(endpoint.target, url=_url(asked.text("url") or ""))
    if "disabled" in asked:
        endpoint.enabled = not asked.flag("disabled")
    if "description" in asked:
        endpoint.description = asked.text("description")
    endpoint.metadata = merge_metadata(endpoint.metadata, asked.metadata())
    endpoint.mark_changed()
    return endpoint


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/webhook_endpoints/retrieve."""
    return _find(call)


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/webhook_endpoints/list: all endpoints, on one page."""
    endpoints = [*call.store.newest_first(WebhookEndpointState)][::-1]
    return ListPage([*endpoints], has_more=False, url=WebhookEndpointState.URL)


def _find(call: ApiCall) -> WebhookEndpointState:
    found = call.store.objects.get(call.ids[0])
    if not isinstance(found, WebhookEndpointState) or call.scope.account != OWN_ACCOUNT:
        raise not_found(WebhookEndpointState.TYPE, call.ids[0], "id")
    return found


def _url(url: str) -> str:
    """Raises StripeErrorResponse for what is no http or https URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise invalid_param("url", "Invalid URL", "url_invalid") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = "Invalid URL: An explicit scheme (such as https) must be provided."
        raise invalid_param("url", message, "url_invalid")
    return url


def _event_types(items: list[object]) -> tuple[str, ...]:
    """Raises StripeErrorResponse without any type, or for what cannot be a type."""
    types = tuple(str(item) for item in items)
    if not types or not all(re.fullmatch(r"\*|[a-z_]+(\.[a-z_]+)+", each) for each in types):
        raise invalid_param("enabled_events", "Invalid enabled_events")
    return types


@as_json.register
def endpoint_json(endpoint: WebhookEndpointState) -> Json:
    """A webhook endpoint, without its secret."""
    target = endpoint.target
    return example(
        endpoint.TYPE,
        api_version=target.api_version,
        application=APPLICATION_ID if target.connect else None,
        created=endpoint.created,
        description=endpoint.description,
        enabled_events=target.enabled_events,
        id=endpoint.id,
        livemode=endpoint.scope.livemode,
        metadata=endpoint.metadata,
        status="enabled" if endpoint.enabled else "disabled",
        url=target.url,
    )


_ONE = f"{WebhookEndpointState.URL}/{{id}}"
ROUTES: Routes = {
    ("POST", WebhookEndpointState.URL): ApiRoute(create, CREATE, ("enabled_events", "url")),
    ("GET", WebhookEndpointState.URL): ApiRoute(list_, LIST),
    ("GET", _ONE): ApiRoute(get),
    ("POST", _ONE): ApiRoute(update, UPDATE),
}
