"""One worker process: it starts, serves, drains and stops.

Signals: SIGTERM stops it gracefully, and so do SIGINT and SIGHUP if it is the only process. A
second one, or SIGUSR1 from the supervisor, ends it immediately.
"""

import gc
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from paycli.services import Registration, Services
from paycli.waiting import NewEvent
from server import logs
from server.app import create_app
from server.http.interface import Limits, ListeningApp, WsgiApp
from server.http.server import HttpServer
from server.metrics import Metrics, MetricsRecorder
from server.metrics.sampling import start_sampling
from server.process.signals import SignalPipe

log = logging.getLogger("paycli.server")

FORCED_EXIT_SIGNAL = signal.SIGUSR1
ABORTED_EXIT_CODE = 1

_FORCED_EXIT_FLUSH_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class ListenSockets:
    """The listening sockets of one worker; without `public`, `internal` serves the webhook too."""

    internal: socket.socket
    public: socket.socket | None = None


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """What a worker is built from.

    `build` creates its services, whose webhooks wait with the given events, and `register` the
    daemon's entry in a registry, None without one; both are called in the worker's own process.
    """

    build: Callable[[MetricsRecorder, NewEvent], Services]
    register: Callable[[], Registration | None]
    metrics: Metrics
    limits: Limits
    drain_seconds: float


class Worker:
    """Serves until a signal stops it.

    `number` counts workers from 0; worker 0 holds the registration for all. `alone` means that
    there is no supervisor.
    """

    def __init__(
        self,
        sockets: ListenSockets,
        plan: WorkerPlan,
        signals: SignalPipe,
        *,
        alone: bool,
        number: int = 0,
    ) -> None:
        recorder = plan.metrics.recorder(number)
        logs.count_dropped_lines(recorder.count_dropped_log_lines)
        self._signals = signals
        self._signals.add(FORCED_EXIT_SIGNAL)
        self._plan = plan
        self._alone = alone
        self._draining = False
        self._server = HttpServer(plan.limits)
        self._services = plan.build(recorder, self._server.new_event)
        self._registration = plan.register() if number == 0 else None
        self._server.listen(self._apps(sockets, recorder))
        self._stop_sampling = start_sampling(
            recorder, self._services.broker, self._registration, self._is_draining
        )

    def run(self, on_ready: Callable[[], None]) -> int:
        """Serves, and after a signal completes accepted requests and flushes.

        `on_ready` is called once Kafka is ready. Returns the exit code: 0 if every request got its
        response.
        """
        # What exists now is never freed, so the garbage collector need not look at it again.
        gc.collect()
        gc.freeze()
        # In a thread of its own, which acts on a signal whatever the other threads are doing.
        threading.Thread(target=self._handle_signals, name="signals", daemon=True).start()
        threading.Thread(
            target=self._report_ready, args=(on_ready,), name="ready", daemon=True
        ).start()
        aborted = self._server.run()
        self._close()
        return ABORTED_EXIT_CODE if aborted else 0

    def _apps(self, sockets: ListenSockets, recorder: MetricsRecorder) -> list[ListeningApp]:
        def app(*, webhook: bool, internal: bool) -> WsgiApp:
            return create_app(
                self._services,
                recorder=recorder,
                max_body_bytes=self._plan.limits.max_body_bytes,
                webhook=webhook,
                internal=internal,
                draining=self._is_draining,
            )

        if sockets.public is None:
            return [(app(webhook=True, internal=True), sockets.internal)]
        return [
            (app(webhook=False, internal=True), sockets.internal),
            (app(webhook=True, internal=False), sockets.public),
        ]

    def _is_draining(self) -> bool:
        return self._draining

    def _handle_signals(self) -> None:
        while True:
            for number in self._signals.read():
                if number == FORCED_EXIT_SIGNAL or (self._draining and self._alone):
                    self._force_exit()
                if not self._draining:
                    self._draining = True
                    threading.Thread(
                        target=self._drain, args=(number,), name="drain", daemon=True
                    ).start()

    def _force_exit(self) -> NoReturn:
        try:
            log.error("forced_exit", extra={"count": self._server.in_flight()})
            logs.flush(_FORCED_EXIT_FLUSH_SECONDS)
        finally:
            os._exit(ABORTED_EXIT_CODE)

    def _drain(self, number: signal.Signals) -> None:
        log.info("stopping", extra={"signal": number.name})
        if self._registration is not None:
            self._registration.take_out_of_service()
        time.sleep(self._plan.drain_seconds)
        self._server.stop()

    def _report_ready(self, on_ready: Callable[[], None]) -> None:
        self._services.broker.wait_until_ready()
        on_ready()
        if self._registration is not None and not self._draining:
            self._registration.start()

    def _close(self) -> None:
        self._services.close()
        self._stop_sampling()
        if self._registration is not None:
            self._registration.close()
        log.info("stopped")
