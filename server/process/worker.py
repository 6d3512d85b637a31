"""One process that serves: ready, draining, stopped.

Signals: SIGTERM stops it (SIGINT too when it is the only process); what ends it at once is a second
one, or SIGUSR1 from the supervisor.
"""

import gc
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from paycli.services import Registration, Services
from server.app import create_app
from server.http.interface import Limits, ListeningApp, ServerFactory, WsgiApp
from server.metrics import Metrics, MetricsRecorder
from server.metrics.sampling import start_sampling

log = logging.getLogger("paycli.server")

FORCED_EXIT_SIGNAL = signal.SIGUSR1
ABORTED_EXIT_CODE = 1


@dataclass(frozen=True, slots=True)
class ListenSockets:
    """Where one worker listens; without `public` the webhook is served on `internal` too."""

    internal: socket.socket
    public: socket.socket | None = None


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """How a worker serves.

    `build` makes its services and `register` the daemon's entry in a registry, None where there is
    none; both are called in the worker's own process.
    """

    build: Callable[[MetricsRecorder], Services]
    register: Callable[[], Registration | None]
    metrics: Metrics
    server: ServerFactory
    limits: Limits
    drain_seconds: float


@dataclass(slots=True)
class Draining:
    """Whether this process is on its way out: not ready from then on."""

    now: bool = field(default=False)


def serve(
    sockets: ListenSockets,
    plan: WorkerPlan,
    on_ready: Callable[[], None],
    *,
    alone: bool,
    number: int = 0,
) -> int:
    """Serves until it is told to stop, then answers what was accepted, and flushes.

    `number` is the worker's, from 0; the first holds the registration for all. Returns the exit
    code: 0 if everything was answered.
    """
    recorder = plan.metrics.recorder(number)
    services = plan.build(recorder)
    registration = plan.register() if number == 0 else None
    draining = Draining()
    server = plan.server(
        _apps(services, sockets, plan, recorder, draining),
        plan.limits,
        services.broker.poll_delivery_reports,
    )
    stop_sampling = start_sampling(recorder, services.broker, registration, lambda: draining.now)
    # What is there now stays for good: the collector need not look at it again.
    gc.collect()
    gc.freeze()

    def stop(number: int, _frame: FrameType | None) -> None:
        if number == FORCED_EXIT_SIGNAL or (draining.now and alone):
            log.error("forced_exit", extra={"count": server.in_flight()})
            os._exit(ABORTED_EXIT_CODE)
        if not draining.now:
            draining.now = True
            # In a thread of its own, since a handler may interrupt a log line.
            threading.Thread(target=drain, args=(number,), name="drain", daemon=True).start()

    def drain(number: int) -> None:
        log.info("stopping", extra={"signal": signal.Signals(number).name})
        if registration is not None:
            registration.take_out_of_service()
        time.sleep(plan.drain_seconds)
        server.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(FORCED_EXIT_SIGNAL, stop)
    signal.signal(signal.SIGINT, stop if alone else signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT, FORCED_EXIT_SIGNAL})

    def tell_ready() -> None:
        services.broker.wait_until_ready()
        on_ready()
        if registration is not None and not draining.now:
            registration.start()

    threading.Thread(target=tell_ready, name="ready", daemon=True).start()
    cut = server.run()
    services.close()
    stop_sampling()
    if registration is not None:
        registration.close()
    log.info("stopped")
    return ABORTED_EXIT_CODE if cut else 0


def _apps(
    services: Services,
    sockets: ListenSockets,
    plan: WorkerPlan,
    recorder: MetricsRecorder,
    draining: Draining,
) -> list[ListeningApp]:
    def app(*, webhook: bool, internal: bool) -> WsgiApp:
        return create_app(
            services,
            recorder=recorder,
            max_body_bytes=plan.limits.max_body_bytes,
            webhook=webhook,
            internal=internal,
            draining=lambda: draining.now,
        )

    if sockets.public is None:
        return [(app(webhook=True, internal=True), sockets.internal)]
    return [
        (app(webhook=False, internal=True), sockets.internal),
        (app(webhook=True, internal=False), sockets.public),
    ]
