"""The stand-in as a server: it joins the parts, and owns the socket and the thread."""

import asyncio
import concurrent.futures
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self, TypeVar

from paycli.sandbox.standin.api.errors import StripeErrorResponse
from paycli.sandbox.standin.api.handler import ApiHandler
from paycli.sandbox.standin.control import routes as control_routes
from paycli.sandbox.standin.faults import SERVER_ERROR, Fault, FaultQueue
from paycli.sandbox.standin.http import same_origin
from paycli.sandbox.standin.http.connection import ClientConnection, HandlerResult
from paycli.sandbox.standin.http.messages import HttpRequest, json_response
from paycli.sandbox.standin.payment_page import routes as page_routes
from paycli.sandbox.standin.payment_page.activity import PaymentActivity
from paycli.sandbox.standin.resources import account_links, webhook_endpoints
from paycli.sandbox.standin.resources.webhook_endpoints import WebhookTarget
from paycli.sandbox.standin.routes import API_ROUTES
from paycli.sandbox.standin.store.events import EmittedEvent
from paycli.sandbox.standin.store.store import API_VERSION, Store
from paycli.sandbox.standin.webhooks.sender import WebhookSender
from paycli.sandbox.standin.webhooks.settings import DeliverySettings

_log = logging.getLogger(__name__)
BACKLOG = 512
STOP_TIMEOUT_SECONDS = 10
Result = TypeVar("Result")


class StandIn:
    """An in-memory stand-in for Stripe on a local address.

    It listens once it is created, and handles requests while `serve` or its thread runs:

        with StandIn(endpoints=[WebhookTarget(url, ("whsec_…",))]).run_in_thread() as stripe: …

    Args: host and port (0: a free one); the webhook endpoints and how events are delivered; a
    `seed` for ids and random choices that are the same each time; the first `faults`; the maximum
    number of requests a second (None: no limit); the seconds after which bank debits and refunds
    settle; how many requests and events are kept, at least.
    """

    def __init__(  # noqa: PLR0913  (each is a setting of its own)
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        endpoints: Sequence[WebhookTarget] = (),
        delivery: DeliverySettings | None = None,
        seed: int | None = None,
        faults: Sequence[Fault] = (),
        requests_per_second: int | None = None,
        settle_seconds: float = 1.0,
        api_version: str = API_VERSION,
        remembered_requests: int = 1000,
        remembered_events: int = 20_000,
    ) -> None:
        self._socket = socket.create_server((host, port), backlog=BACKLOG)
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"
        self._is_loopback = ipaddress.ip_address(self._socket.getsockname()[0]).is_loopback
        self.store = Store(
            seed=seed,
            api_version=api_version,
            url=self.url,
            settle_seconds=settle_seconds,
            remembered_events=remembered_events,
        )
        self.drip_seconds = 0.1
        """The time between two bytes of a response that is sent byte by byte."""
        self._activity = PaymentActivity(self.store)
        self._sender = WebhookSender(
            self.store, delivery or DeliverySettings(), self._on_attempt, seed
        )
        self.store.on_event = self._on_event
        for target in endpoints:
            webhook_endpoints.add(self.store, target)
        self._api = ApiHandler(
            self.store,
            FaultQueue(seed),
            API_ROUTES,
            requests_per_second=requests_per_second,
            remembered_requests=remembered_requests,
        )
        self._api.faults.add(*faults)
        self._control = control_routes.ControlHandler(self._api, self._sender, self._activity)
        self._connections: set[ClientConnection] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None

    async def serve(self) -> None:
        """Serves until it is cancelled or `stop` is called, then closes all connections."""
        self._loop = loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()

        def schedule(seconds: float, action: Callable[[], None]) -> None:
            loop.call_later(seconds, action)

        self.store.schedule = schedule
        server = await loop.create_server(self._new_connection, sock=self._socket)
        sending = asyncio.create_task(self._sender.run())
        try:
            await self._stop.wait()
        finally:
            self.store.schedule = lambda _seconds, _action: None
            server.close()
            for connection in list(self._connections):
                connection.close()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def run_in_thread(self) -> Self:
        """Serves in a thread of its own, until `stop` or the end of the `with` statement."""
        started = threading.Event()

        async def run() -> None:
            asyncio.get_running_loop().call_soon(started.set)
            await self.serve()

        self._thread = threading.Thread(target=lambda: asyncio.run(run()), name="stripe-standin")
        self._thread.start()
        started.wait()
        return self

    def stop(self) -> None:
        """Ends the thread, or `serve`, and closes the socket; can be called again."""
        if self._loop and self._stop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread:
            self._thread.join(STOP_TIMEOUT_SECONDS)
        if self._loop is None:  # without `serve`, no server closes the socket
            self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def requests(self) -> list[HttpRequest]:
        """The last requests to the API, oldest first."""
        return self.run_in_loop(lambda: list(self._api.received))

    def inject(self, *faults: Fault) -> None:
        """Adds faults for the next requests, in this order."""
        self.run_in_loop(lambda: self._api.faults.add(*faults))

    def clear_faults(self) -> None:
        """Removes all faults."""
        self.run_in_loop(self._api.faults.clear)

    def release(self) -> None:
        """Ends all current delays."""
        self.run_in_loop(self._api.release)

    def add_webhook_target(self, target: WebhookTarget) -> None:
        """Adds an endpoint for all events from now on."""
        self.run_in_loop(lambda: webhook_endpoints.add(self.store, target))

    def add_record(self, payment_id: str, record: Mapping[str, object]) -> None:
        """Adds a Kafka record to a payment's page. Can be called from any thread."""
        self.run_in_loop(lambda: self._activity.add_record(payment_id, record))

    def run_in_loop(self, action: Callable[[], Result]) -> Result:
        """Runs an action in the event loop's thread and returns its result; for other threads."""
        if self._thread is None or not self._thread.is_alive():
            return action()
        assert self._loop is not None
        done: concurrent.futures.Future[Result] = concurrent.futures.Future()

        def run() -> None:
            try:
                done.set_result(action())
            except BaseException as error:  # noqa: BLE001  (raised in the caller's thread)
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result(STOP_TIMEOUT_SECONDS)

    def _new_connection(self) -> ClientConnection:
        return ClientConnection(self._handle, self._connections, lambda: self.drip_seconds)

    def _handle(self, request: HttpRequest) -> HandlerResult:
        try:
            return self._dispatch(request)
        except Exception:  # noqa: BLE001  (a bug must not leave the client without a response)
            _log.exception("a bug in the stand-in: %s %r", request.method, request.path)
            return json_response(500, SERVER_ERROR)

    def _dispatch(self, request: HttpRequest) -> HandlerResult:
        if request.path.startswith(account_links.PREFIX):
            return account_links.open_link(self.store, request)
        if request.path.startswith(page_routes.PREFIX):
            return page_routes.handle(self.store, self._activity, request)
        refused = same_origin.refusal(request, on_loopback=self._is_loopback)
        if request.path.startswith(control_routes.PREFIX):
            if not self._is_loopback:
                refused = "only available if the stand-in listens on a loopback address"
            if refused is not None:
                return json_response(403, {"error": refused})
            return self._control.handle(request)
        if refused is not None:
            return json_response(403, StripeErrorResponse(refused).body("", self.store.now()))
        return self._api.handle(request)

    def _on_event(self, event: EmittedEvent) -> None:
        self._sender.send(event)
        self._activity.notify(event.subject)

    def _on_attempt(self, event: EmittedEvent) -> None:
        self._activity.notify(event.subject)
