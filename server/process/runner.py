"""The daemon as one process or several."""

import gc
from collections.abc import Callable
from dataclasses import dataclass

from paycli.settings import Address
from server.http import sockets
from server.process.supervisor import Supervisor
from server.process.worker import ListenSockets, WorkerPlan, serve


@dataclass(frozen=True, slots=True)
class ListenUrls:
    """Where the daemon is to be reached, with real ports."""

    internal: str
    public: str | None
    port: int
    """That of `internal`."""


class Runner:
    """Binds at once, so that a busy port is known before anything else is made."""

    def __init__(self, listen: Address, public_listen: Address | None, workers: int) -> None:
        """Raises CannotListen."""
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
        """Serves until told to stop; `on_ready` is called once, when all workers are ready.

        Returns the exit code.
        """
        if len(self._sockets) == 1:
            return serve(self._sockets[0], plan, on_ready, alone=True)
        gc.freeze()  # so that the collector doesn't touch what the workers share
        return Supervisor(self._sockets, plan, on_ready).run()
