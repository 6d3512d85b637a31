"""Webhook endpoints: https://docs.stripe.com/api/webhook_endpoints."""

from dataclasses import dataclass

from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.pagination import LIST
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.store.events import EmittedEvent, matches_type
from paycli.sandbox.standin.store.objects import JsonObjectState, Scope
from paycli.sandbox.standin.store.store import OWN_ACCOUNT, Store


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
class WebhookEndpointState(JsonObjectState):
    """https://docs.stripe.com/api/webhook_endpoints/object."""

    TYPE = "webhook_endpoint"
    URL = "/v1/webhook_endpoints"


def add(store: Store, target: WebhookTarget) -> WebhookEndpointState:
    """Adds an endpoint to the list of the account, without its secrets."""
    object_id, now = store.new_id("we_1"), store.now()
    return store.add(
        WebhookEndpointState(
            id=object_id,
            scope=Scope(OWN_ACCOUNT, livemode=False),
            created=now,
            number=store.next_number(),
            json=example(
                "webhook_endpoint",
                api_version=target.api_version,
                created=now,
                description=None,
                enabled_events=target.enabled_events,
                id=object_id,
                url=target.url,
            ),
        )
    )


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/webhook_endpoints/list: all endpoints, on one page."""
    endpoints = [*call.store.newest_first(WebhookEndpointState)][::-1]
    return ListPage([*endpoints], has_more=False, url=WebhookEndpointState.URL)


ROUTES: Routes = {("GET", WebhookEndpointState.URL): ApiRoute(list_, LIST)}
