"""The stand-in as Stripe: its endpoints, the events that it sent, and what was created there."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from chaos.background import BackgroundLoop
from chaos.oracle import ExpectedEvent
from harness.sender import Attempt
from harness.stripe import Stripe
from paycli.sandbox.standin import DeliverySettings, WebhookTarget
from paycli.sandbox.standin.resources.payment_objects import (
    CustomerState,
    PaymentIntentState,
    RefundState,
    SetupIntentState,
)
from paycli.sandbox.standin.resources.webhook_endpoints import WebhookEndpointState
from paycli.sandbox.standin.store.events import EmittedEvent

from .books import EVENTS

INTERVAL_SECONDS = 2.0
SETTLED_SECONDS = 20
"""After this time an event has no duplicate on its way any more."""
NOTED_SECONDS = 1.0
"""The stand-in has only the end of an attempt; on a busy machine it began so much earlier."""
DELIVERY = DeliverySettings(time_scale=1 / 1000, duplicates=0.02, disorder_seconds=0.1)
"""The first retry is after 0.3 s."""
REMEMBERED_EVENTS = 5_000
NEVER_ASKED_FOR = "never asked for"
CREATED = (PaymentIntentState, SetupIntentState, RefundState, CustomerState)


def add_endpoints(stripe: Stripe, urls: Iterable[str], secrets: tuple[str, ...]) -> None:
    """Let the stand-in deliver every event to each URL, from an endpoint for each."""
    for url in urls:
        stripe.add_webhook_target(WebhookTarget(url, secrets))


def sign_with(stripe: Stripe, secrets: tuple[str, ...]) -> None:
    """Let all endpoints sign with these secrets from now on."""

    def change() -> None:
        for endpoint in stripe.store.newest_first(WebhookEndpointState):
            endpoint.target = replace(endpoint.target, secrets=secrets)

    stripe.run_in_loop(change)


def created_objects(stripe: Stripe) -> list[tuple[str, str]]:
    """Return the idempotency key, which is in its metadata, and the id of each created object."""
    return stripe.run_in_loop(
        lambda: [
            (each.metadata.get("key", "none"), each.id)
            for each in stripe.store.objects.values()
            if isinstance(each, CREATED)
        ]
    )


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An event of Stripe's: its id, its type, the id of its object, and the attempts."""

    event_id: str
    type: str
    object_id: str
    attempts: tuple[Attempt, ...]


@dataclass
class _Collected:
    sent: list[SentEvent] = field(default_factory=list)
    pending: list[EmittedEvent] = field(default_factory=list)
    last_number: int = 0


class StripeEvents(BackgroundLoop):
    """Keeps of each event only what is compared, because the stand-in forgets old events."""

    def __init__(self, stripe: Stripe) -> None:
        super().__init__("stripe events")
        self._stripe = stripe
        self._collected = _Collected()
        self._published = 0
        self._clock_offset = time.monotonic() - time.time()

    @property
    def sent(self) -> list[SentEvent]:
        """The events that have been delivered, and after `finish` all."""
        return self._collected.sent

    def undelivered(self) -> int:
        """Return how many events have an endpoint that has not accepted them yet."""
        return self._stripe.run_in_loop(self._collect)

    def has(self, asked: Mapping[tuple[str, str], str]) -> bool:
        """Return whether there are as many events as were asked for; the rest is compared later."""
        return self._published >= len(asked)

    def finish(self) -> Self:
        """Keep the remaining events, also those that were not delivered."""
        self._stripe.run_in_loop(lambda: self._collect(all_=True))
        return self

    def _run(self) -> None:
        while not self._stopping.wait(INTERVAL_SECONDS):
            self.undelivered()

    def _collect(self, *, all_: bool = False) -> int:
        """Move settled events from `pending` to `sent`; runs in the stand-in's thread."""
        it = self._collected
        new = [*self._stripe.store.newest_first(EmittedEvent, after=it.last_number)][::-1]
        it.pending += new
        self._published += sum(event.type in EVENTS for event in new)
        it.last_number = new[-1].number if new else it.last_number
        settled_until = time.time() - SETTLED_SECONDS
        kept = []
        for event in it.pending:
            if all_ or (event.pending == 0 and event.created < settled_until):
                it.sent.append(self._sent_event(event))
            else:
                kept.append(event)
        it.pending = kept
        return sum(event.pending > 0 for event in kept)

    def _sent_event(self, event: EmittedEvent) -> SentEvent:
        object_id = str(json.loads(event.render())["data"]["object"]["id"])
        attempts = tuple(
            Attempt(
                event.id,
                each.at + self._clock_offset - NOTED_SECONDS,
                NOTED_SECONDS,
                each.status,
                each.url,
                each.detail,
            )
            for each in event.attempts
        )
        return SentEvent(event.id, event.type, object_id, attempts)


def expected_events(
    sent: Iterable[SentEvent], asked: Mapping[tuple[str, str], str]
) -> tuple[list[ExpectedEvent], list[str]]:
    """Return the records that the events must become, and the expected events that do not exist.

    Args:
        sent: Stripe's events.
        asked: The fingerprint of the record of each event, by Stripe's type and object.
    """
    published = [event for event in sent if event.type in EVENTS]
    expected = [
        ExpectedEvent(event.event_id, asked.get((event.type, event.object_id), NEVER_ASKED_FOR))
        for event in published
    ]
    emitted = {(event.type, event.object_id) for event in published}
    return expected, sorted(
        f"{type_} of {object_id}" for type_, object_id in asked.keys() - emitted
    )
