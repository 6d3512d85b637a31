"""Runs the daemon as one process, or as several under a supervisor."""

import gc
from collections.abc import Callable
from dataclasses import dataclass

from paycli.settings import Address
from server.http import sockets
from server.process.signals import STOP_SIGNALS, SignalPipe
from server.process.supervisor import Supervisor
from server.process.worker import ListenSockets, Worker, WorkerPlan


@dataclass(frozen=True, slots=True)
class ListenUrls:
    """The URLs on which the daemon can be reached, with the ports actually bound."""

    internal: str
    public: str | None
    port: int
    """The port of `internal`."""


class DaemonRunner:
    """Binds the sockets when created, so that a port in use is reported before anything starts.

    From its creation on, a signal to stop is received, and handled by `run`.
    """

    def __init__(self, listen: Address, public_listen: Address | None, workers: int) -> None:
        """Raises CannotListen."""
        self._signals = SignalPipe(STOP_SIGNALS)
        internal = sockets.bind(listen.host, listen.port, workers, "PAYCLI_LISTEN")
        public = (
            sockets.bind(public_listen.host, public_listen.port, workers, "PAYCLI_PUBLIC_LISTEN")
            if public_listen
            else [None] * workers
        )
        self._sockets = [ListenSockets(i, p) for i, p in zip(internal, public, strict=True)]
        first = self._sockets[0]
        self.addresses = ListenUrls(
            sockets.url_of(first.internal),
            None if first.public is None else sockets.url_of(first.public),
            first.internal.getsockname()[1],
        )

    def run(self, plan: WorkerPlan, on_ready: Callable[[], None]) -> int:
        """Serves until a signal; `on_ready` is called once, when all workers are ready.

        Returns the exit code.
        """
        if len(self._sockets) == 1:
            return Worker(self._sockets[0], plan, self._signals, alone=True).run(on_ready)
        gc.freeze()  # a collection would write to memory that the workers share
        return Supervisor(self._sockets, plan, self._signals, on_ready).run()
