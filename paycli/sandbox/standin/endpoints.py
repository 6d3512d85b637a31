"""Webhook endpoints: where events are sent, which, and how often when they are not taken.

https://docs.stripe.com/api/webhook_endpoints, https://docs.stripe.com/webhooks#retries
"""

from collections.abc import Iterator
from dataclasses import dataclass

from paycli.sandbox.standin.examples import example
from paycli.sandbox.standin.readers import matches
from paycli.sandbox.standin.resources.payment_objects import EmittedEvent, JsonObjectState, Scope
from paycli.sandbox.standin.world import OWN_ACCOUNT, World

FIRST_RETRY_SECONDS = 300
LONGEST_RETRY_SECONDS = 12 * 3600
GIVE_UP_SECONDS = 3 * 24 * 3600


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """One endpoint. Each of `secrets` signs: there are two while one is rolled.

    `enabled_events` may have groups, `charge.*`, and `*` for all. `connect`: events of connected
    accounts instead of the account's own. `api_version` None: the account's.
    """

    url: str
    secrets: tuple[str, ...]
    enabled_events: tuple[str, ...] = ("*",)
    api_version: str | None = None
    connect: bool = False

    def wants(self, event: EmittedEvent) -> bool:
        """Whether the event is sent here."""
        if self.connect == (event.scope.account == OWN_ACCOUNT):
            return False
        return any(matches(event.type, pattern) for pattern in self.enabled_events)


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How events are sent.

    `time_scale` shortens Stripe's three days of growing pauses: 1/300 makes a minute of five hours.
    `duplicates` is the share of events that are sent twice; each is held back for up to
    `disorder_seconds` so that later ones overtake it. `in_flight` is how many are sent at a time.
    """

    time_scale: float = 1 / 300
    timeout_seconds: float = 10.0
    duplicates: float = 0.0
    disorder_seconds: float = 0.0
    in_flight: int = 16

    def pauses(self) -> Iterator[float]:
        """The seconds before each redelivery; it ends when Stripe would give up."""
        pause, total = FIRST_RETRY_SECONDS, 0
        while (total := total + pause) <= GIVE_UP_SECONDS:
            yield pause * self.time_scale
            pause = min(pause * 2, LONGEST_RETRY_SECONDS)


def as_object(world: World, endpoint: WebhookTarget) -> JsonObjectState:
    """The endpoint as the API lists it, without its secrets."""
    identity, now = world.id("we_1"), world.now()
    told: dict[str, object] = {
        "api_version": endpoint.api_version,
        "created": now,
        "description": None,
        "enabled_events": endpoint.enabled_events,
        "id": identity,
        "url": endpoint.url,
    }
    return JsonObjectState(
        id=identity,
        scope=Scope(OWN_ACCOUNT, livemode=False),
        created=now,
        number=world.next_number(),
        json=example("webhook_endpoint", **told),
    )
