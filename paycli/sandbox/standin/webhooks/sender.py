"""Delivers each event to the endpoints that accept it: signed, and retried until 2xx.

Deliveries wait in a queue for a fixed number of workers, so that they never block the API.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from paycli.sandbox.standin.resources import webhook_endpoints
from paycli.sandbox.standin.resources.webhook_endpoints import WebhookEndpointState, WebhookTarget
from paycli.sandbox.standin.store.events import DeliveryAttempt, EmittedEvent
from paycli.sandbox.standin.store.store import Store
from paycli.sandbox.standin.webhooks.client import NotDelivered, WebhookClient
from paycli.sandbox.standin.webhooks.settings import DeliverySettings
from paycli.webhooks.signature import sign

MAX_STORED_ATTEMPTS = 20
MAX_DETAIL = 100
_HEADERS = {
    "Accept": "*/*; q=0.5, application/xml",
    "Cache-Control": "no-cache",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
}


@dataclass(slots=True)
class _QueuedDelivery:
    event: EmittedEvent
    endpoint: WebhookEndpointState
    retry_delays: Iterator[float]
    counted: bool = True  # a duplicate is sent once and does not change `pending_webhooks`


class WebhookSender:
    """Sends queued deliveries while `run` runs; `on_attempt` is called after each attempt."""

    def __init__(
        self,
        store: Store,
        settings: DeliverySettings,
        on_attempt: Callable[[EmittedEvent], None],
        seed: int | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._on_attempt = on_attempt
        # Not for security: a seed must give the same choices each time.
        self._random = random.Random(seed)  # noqa: S311  (see above)
        self._queue: asyncio.Queue[_QueuedDelivery] = asyncio.Queue()

    def send(self, event: EmittedEvent) -> None:
        """Queues a new event for all endpoints that accept it."""
        for endpoint in webhook_endpoints.accepting(self._store, event):
            event.pending += 1
            delays = self._settings.retry_delays()
            self._enqueue(_QueuedDelivery(event, endpoint, delays))
            if self._settings.duplicates > self._random.random():
                self._enqueue(_QueuedDelivery(event, endpoint, iter(()), counted=False))

    def resend(self, event: EmittedEvent) -> None:
        """Queues an event once more, as the Dashboard's "Resend" does."""
        for endpoint in webhook_endpoints.accepting(self._store, event):
            self._enqueue(_QueuedDelivery(event, endpoint, iter(()), counted=False))

    async def run(self) -> None:
        """Sends until it is cancelled."""
        async with asyncio.TaskGroup() as workers:
            for _ in range(self._settings.in_flight):
                workers.create_task(self._work())

    def _enqueue(self, delivery: _QueuedDelivery) -> None:
        max_delay = self._settings.disorder_seconds
        if max_delay:
            self._enqueue_later(self._random.uniform(0, max_delay), delivery)
        else:
            self._queue.put_nowait(delivery)

    def _enqueue_later(self, seconds: float, delivery: _QueuedDelivery) -> None:
        self._store.schedule(seconds, lambda: self._queue.put_nowait(delivery))

    async def _work(self) -> None:
        client = WebhookClient(self._settings.timeout_seconds)
        try:
            while True:
                await self._attempt(client, await self._queue.get())
        finally:
            client.close()

    async def _attempt(self, client: WebhookClient, delivery: _QueuedDelivery) -> None:
        event, target = delivery.event, delivery.endpoint.target
        if not delivery.endpoint.enabled:
            return  # https://docs.stripe.com/webhooks#retries
        body = _body(event, target, self._store.api_version)
        headers = {**_HEADERS, "Stripe-Signature": signature_header(body, target.secrets)}
        status, detail = None, ""
        try:
            status, response_body = await client.post(target.url, body, headers)
            detail = _outcome(response_body)
        except NotDelivered as failure:
            detail = str(failure)
        delivered = status is not None and 200 <= status < 300  # noqa: PLR2004  (HTTP's success)
        if len(event.attempts) < MAX_STORED_ATTEMPTS:
            event.attempts.append(DeliveryAttempt(time.time(), target.url, status, detail))
        if delivered and delivery.counted:
            event.pending -= 1
        elif not delivered and (delay := next(delivery.retry_delays, None)) is not None:
            self._enqueue_later(delay, delivery)
        self._on_attempt(event)


def signature_header(body: bytes, secrets: Sequence[str]) -> str:
    """The header `Stripe-Signature` with a `v1` for each secret, signed now."""
    now = int(time.time())
    first, *others = (sign(body, secret, now) for secret in secrets)
    return ",".join([first, *(other.partition(",")[2] for other in others)])


def _outcome(body: bytes) -> str:
    """The `outcome` in the receiver's JSON, or a problem's `code` (RFC 9457)."""
    try:
        fields = json.loads(body)
    except ValueError:
        return ""
    outcome = (fields.get("outcome") or fields.get("code")) if isinstance(fields, dict) else None
    return outcome[:MAX_DETAIL] if isinstance(outcome, str) else ""


def _body(event: EmittedEvent, target: WebhookTarget, account_version: str) -> bytes:
    body = event.render()
    if target.api_version is None or target.api_version == account_version:
        return body
    return body.replace(
        b'"api_version":"%b"' % account_version.encode(),
        b'"api_version":"%b"' % target.api_version.encode(),
        1,
    )
