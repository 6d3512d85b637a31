"""The stand-in as a server: its parts joined, its socket, its thread."""

import asyncio
import concurrent.futures
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self, TypeVar

from paycli.sandbox.standin import pages
from paycli.sandbox.standin.app import Api
from paycli.sandbox.standin.connection import Answer, Connection
from paycli.sandbox.standin.control import routes as control
from paycli.sandbox.standin.endpoints import DeliverySettings, WebhookTarget, as_object
from paycli.sandbox.standin.faults import SERVER_ERROR, Fault, Faults
from paycli.sandbox.standin.messages import Request, json_reply
from paycli.sandbox.standin.resources.payment_objects import EmittedEvent
from paycli.sandbox.standin.timeline import Timeline
from paycli.sandbox.standin.webhooks import Webhooks
from paycli.sandbox.standin.world import API_VERSION, World

_log = logging.getLogger(__name__)
BACKLOG = 512
STOP_TIMEOUT_SECONDS = 10
Result = TypeVar("Result")


class StandIn:
    """Stripe on an address of this machine, in memory.

    It listens from the start, and answers while `serve` runs or its thread does:

        with StandIn(endpoints=[WebhookTarget(url, ("whsec_…",))]).run_in_thread() as stripe: …

    In: address and port (0: a free one); where webhooks go and how; `seed` for ids and choices
    that are the same each time; `faults` to begin with; the most requests a second (None: no
    limit); the seconds that bank debits and a refund's second message take; how many requests
    `requests` remembers, and how many events the API.
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
        self._local = ipaddress.ip_address(self._socket.getsockname()[0]).is_loopback
        self.store = World(
            seed=seed,
            api_version=api_version,
            url=self.url,
            settle_seconds=settle_seconds,
            remembered_events=remembered_events,
        )
        self.drip_seconds = 0.1
        """The time between two bytes of a dripping answer."""
        self._timeline = Timeline(self.store)
        self._webhooks = Webhooks(
            self.store, endpoints, delivery or DeliverySettings(), self._attempted, seed
        )
        self.store.emitted = self._emitted
        self._listed = [as_object(self.store, endpoint) for endpoint in endpoints]
        self._api = Api(
            self.store,
            Faults(seed),
            self._listed,
            requests_per_second=requests_per_second,
            remembered_requests=remembered_requests,
        )
        self._api.faults.add(*faults)
        self._control = control.Control(self._api, self._webhooks, self._timeline)
        self._connections: set[Connection] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None

    async def serve(self) -> None:
        """Serves until it is cancelled or `stop` is called; then nothing is left open."""
        self._loop = loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()

        def later(seconds: float, action: Callable[[], None]) -> None:
            loop.call_later(seconds, action)

        self.store.later = later
        server = await loop.create_server(self._connect, sock=self._socket)
        sending = asyncio.create_task(self._webhooks.run())
        try:
            await self._stop.wait()
        finally:
            self.store.later = lambda _seconds, _action: None
            server.close()
            for connection in list(self._connections):
                connection.close()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def run_in_thread(self) -> Self:
        """Serves from now on in a thread of its own; `stop` ends it, as does leaving `with`."""
        started = threading.Event()

        async def run() -> None:
            asyncio.get_running_loop().call_soon(started.set)
            await self.serve()

        self._thread = threading.Thread(target=lambda: asyncio.run(run()), name="stripe-standin")
        self._thread.start()
        started.wait()
        return self

    def stop(self) -> None:
        """Ends its thread, or `serve`, and closes its socket; again does nothing."""
        if self._loop and self._stop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread:
            self._thread.join(STOP_TIMEOUT_SECONDS)
        if self._loop is None:  # it never served; else the server closes its socket
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
    def requests(self) -> list[Request]:
        """The last requests to the API, the oldest first."""
        return self.run_in_loop(lambda: list(self._api.received))

    def inject(self, *faults: Fault) -> None:
        """What the next requests meet, each in turn."""
        self.run_in_loop(lambda: self._api.faults.add(*faults))

    def clear_faults(self) -> None:
        """From now on nothing goes wrong."""
        self.run_in_loop(self._api.faults.clear)

    def release(self) -> None:
        """Lets everything go on that hangs."""
        self.run_in_loop(self._api.release)

    def add_webhook_target(self, endpoint: WebhookTarget) -> None:
        """Adds an endpoint, which gets what happens from now on."""

        def add() -> None:
            self._webhooks.endpoints.append(endpoint)
            self._listed.append(as_object(self.store, endpoint))

        self.run_in_loop(add)

    def on_record(self, payment_id: str, record: Mapping[str, object]) -> None:
        """Tells of a Kafka record of a payment, so that its page can show it. From any thread."""
        self.run_in_loop(lambda: self._timeline.add_record(payment_id, record))

    def run_in_loop(self, action: Callable[[], Result]) -> Result:
        """Does something in the thread of the world and returns its result; from any other."""
        if self._thread is None or not self._thread.is_alive():
            return action()
        assert self._loop is not None
        done: concurrent.futures.Future[Result] = concurrent.futures.Future()

        def run() -> None:
            try:
                done.set_result(action())
            except BaseException as error:  # noqa: BLE001  (it is raised where it was asked for)
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result(STOP_TIMEOUT_SECONDS)

    def _connect(self) -> Connection:
        return Connection(self._handle, self._connections, lambda: self.drip_seconds)

    def _handle(self, request: Request) -> Answer:
        try:
            return self._route(request)
        except Exception:  # noqa: BLE001  (a bug must not leave the client without an answer)
            _log.exception("a bug in the stand-in: %s %s", request.method, request.path)
            return json_reply(500, SERVER_ERROR)

    def _route(self, request: Request) -> Answer:
        if request.path.startswith(control.PREFIX):
            if not self._local:
                return json_reply(403, {"error": "only where the stand-in listens on loopback"})
            return self._control.serve(request)
        if request.path.startswith(pages.PREFIX):
            return pages.serve(self.store, self._timeline, request)
        return self._api.handle(request)

    def _emitted(self, event: EmittedEvent) -> None:
        self._webhooks.emitted(event)
        self._timeline.happened(event.subject)

    def _attempted(self, event: EmittedEvent) -> None:
        self._timeline.happened(event.subject)
