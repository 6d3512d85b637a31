"""Sends each event to the endpoints that want it, until they take it: signed, retried, bounded.

It never holds up the API: events wait in a queue for a fixed number of senders.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from paycli.sandbox.standin.endpoints import DeliverySettings, WebhookTarget
from paycli.sandbox.standin.resources.payment_objects import Attempt, EmittedEvent
from paycli.sandbox.standin.webhook_client import NotDelivered, WebhookClient
from paycli.sandbox.standin.world import World
from paycli.webhooks.signature import sign

MAX_ATTEMPTS_KEPT = 20
MAX_DETAIL = 100
_HEADERS = {
    "Accept": "*/*; q=0.5, application/xml",
    "Cache-Control": "no-cache",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
}


@dataclass(slots=True)
class _Delivery:
    event: EmittedEvent
    endpoint: WebhookTarget
    pauses: Iterator[float]
    counts: bool = True  # a duplicate is sent once and changes nothing


class Webhooks:
    """Takes events by `emitted`; sends them while `run` runs. `attempted` hears of each try."""

    def __init__(
        self,
        world: World,
        endpoints: Sequence[WebhookTarget],
        delivery: DeliverySettings,
        attempted: Callable[[EmittedEvent], None],
        seed: int | None = None,
    ) -> None:
        self.endpoints = list(endpoints)
        self.delivery = delivery
        self._world = world
        self._attempted = attempted
        # Not for security: a seed must give the same choices again.
        self._random = random.Random(seed)  # noqa: S311  (see above)
        self._queue: asyncio.Queue[_Delivery] = asyncio.Queue()

    def emitted(self, event: EmittedEvent) -> None:
        """Sends a new event to all that want it."""
        for endpoint in self.endpoints:
            if endpoint.wants(event):
                event.pending += 1
                self._start(_Delivery(event, endpoint, self.delivery.pauses()))
                if self.delivery.duplicates > self._random.random():
                    self._start(_Delivery(event, endpoint, iter(()), counts=False))

    def resend(self, event: EmittedEvent) -> None:
        """Sends an event once more to all that want it, as the Dashboard's button does."""
        for endpoint in self.endpoints:
            if endpoint.wants(event):
                self._start(_Delivery(event, endpoint, iter(()), counts=False))

    async def run(self) -> None:
        """Sends until it is cancelled."""
        async with asyncio.TaskGroup() as senders:
            for _ in range(self.delivery.in_flight):
                senders.create_task(self._send())

    def _start(self, delivery: _Delivery) -> None:
        held_back = self.delivery.disorder_seconds
        if held_back:
            self._later(self._random.uniform(0, held_back), delivery)
        else:
            self._queue.put_nowait(delivery)

    def _later(self, seconds: float, delivery: _Delivery) -> None:
        self._world.later(seconds, lambda: self._queue.put_nowait(delivery))

    async def _send(self) -> None:
        client = WebhookClient(self.delivery.timeout_seconds)
        try:
            while True:
                await self._try(client, await self._queue.get())
        finally:
            client.close()

    async def _try(self, client: WebhookClient, delivery: _Delivery) -> None:
        event, endpoint = delivery.event, delivery.endpoint
        body = _body(event, endpoint, self._world.api_version)
        headers = {**_HEADERS, "Stripe-Signature": signature(body, endpoint.secrets)}
        status, detail = None, ""
        try:
            status, answer = await client.post(endpoint.url, body, headers)
            detail = _said(answer)
        except NotDelivered as failure:
            detail = str(failure)
        taken = status is not None and 200 <= status < 300  # noqa: PLR2004  (HTTP's success)
        if len(event.attempts) < MAX_ATTEMPTS_KEPT:
            event.attempts.append(Attempt(time.time(), endpoint.url, status, detail))
        if taken and delivery.counts:
            event.pending -= 1
        elif not taken and (pause := next(delivery.pauses, None)) is not None:
            self._later(pause, delivery)
        self._attempted(event)


def signature(body: bytes, secrets: Sequence[str]) -> str:
    """The header `Stripe-Signature` with one v1 for each secret, signed at this moment."""
    now = int(time.time())
    first, *others = (sign(body, secret, now) for secret in secrets)
    return ",".join([first, *(other.partition(",")[2] for other in others)])


def _said(body: bytes) -> str:
    """In a word, what the receiver's JSON says: its `outcome`, or a problem's `code` (RFC 9457)."""
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    said = (told.get("outcome") or told.get("code")) if isinstance(told, dict) else None
    return said[:MAX_DETAIL] if isinstance(said, str) else ""


def _body(event: EmittedEvent, endpoint: WebhookTarget, account_version: str) -> bytes:
    body = event.render()
    if endpoint.api_version is None or endpoint.api_version == account_version:
        return body
    return body.replace(
        b'"api_version":"%b"' % account_version.encode(),
        b'"api_version":"%b"' % endpoint.api_version.encode(),
        1,
    )
