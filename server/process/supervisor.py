"""Several workers on one port: started, replaced when they die, stopped together.

Each worker has a listening socket of its own, which the supervisor keeps open: connections that
wait at a worker that died are served by the one that takes its place.
"""

import ctypes
import logging
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

from paycli.errors import SettingsInvalid
from server.process.worker import FORCED_EXIT_SIGNAL, ListenSockets, WorkerPlan, serve

log = logging.getLogger("paycli.server")

_PR_SET_PDEATHSIG = 1
_SOON_SECONDS = 2.0
_MAX_SOON_DEATHS = 5
_RESPAWN_PAUSE_SECONDS = 0.2
_SETTINGS_EXIT_CODE = 3


@dataclass(slots=True)
class _Worker:
    number: int
    started_at: float
    soon_deaths: int = field(default=0)


class Supervisor:
    """Runs one worker for each of `sockets` until it is told to stop."""

    def __init__(
        self, sockets: Sequence[ListenSockets], plan: WorkerPlan, on_ready: Callable[[], None]
    ) -> None:
        self._sockets = sockets
        self._plan = plan
        self._recorder = plan.metrics.supervisor_recorder()
        self._on_ready = on_ready
        self._workers: dict[int, _Worker] = {}
        self._ready: set[int] = set()
        self._signals: list[int] = []
        self._stops = 0
        self._exit_code = 0
        self._ready_pipe = os.pipe()
        self._wake_pipe = os.pipe()

    def run(self) -> int:
        """Returns the exit code: 0 if every worker that was to stop did so in order."""
        for end in self._wake_pipe:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake_pipe[1], warn_on_full_buffer=False)
        for noted in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(noted, self._note)
        for number in range(len(self._sockets)):
            self._start(_Worker(number, 0))
        with selectors.DefaultSelector() as selector:
            selector.register(self._ready_pipe[0], selectors.EVENT_READ, self._take_ready)
            selector.register(self._wake_pipe[0], selectors.EVENT_READ, self._take_signals)
            while self._workers:
                for key, _ in selector.select():
                    key.data()
        return self._exit_code

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)

    def _take_signals(self) -> None:
        os.read(self._wake_pipe[0], 512)
        while self._signals:
            if self._signals.pop(0) != signal.SIGCHLD:
                self._stop()
        self._bury()

    def _take_ready(self) -> None:
        numbers = os.read(self._ready_pipe[0], 512)
        were_ready = len(self._ready)
        self._ready |= set(numbers)
        if were_ready < len(self._ready) == len(self._sockets):
            self._on_ready()

    def _stop(self) -> None:
        self._stops += 1
        if self._stops == 1:
            log.info("stopping", extra={"workers": len(self._workers)})
        for pid in self._workers:
            os.kill(pid, signal.SIGTERM if self._stops == 1 else FORCED_EXIT_SIGNAL)

    def _bury(self) -> None:
        """Takes note of every worker that has ended, and replaces it unless all are to end."""
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            worker = self._workers.pop(pid, None)
            if worker is None:  # as a container's first process it inherits others' orphans
                continue
            code = os.waitstatus_to_exitcode(status)
            self._plan.metrics.recorder(worker.number).reset_gauges()
            if self._stops:
                self._exit_code = self._exit_code or int(code != 0)
                continue
            self._recorder.count_worker_exit()
            log.error("worker_exited", extra={"worker": worker.number, "exit_code": code})
            if code == _SETTINGS_EXIT_CODE:  # the next one would find the same
                self._exit_code = code
                self._stop()
            else:
                self._replace(worker)

    def _replace(self, worker: _Worker) -> None:
        soon = time.monotonic() - worker.started_at < _SOON_SECONDS
        worker.soon_deaths = worker.soon_deaths + 1 if soon else 0
        if worker.soon_deaths >= _MAX_SOON_DEATHS:
            log.error("worker_crash_loop", extra={"worker": worker.number})
            self._exit_code = 1
            self._stop()
            return
        if worker.soon_deaths:
            time.sleep(_RESPAWN_PAUSE_SECONDS * 2**worker.soon_deaths)
        self._start(worker)

    def _start(self, worker: _Worker) -> None:
        worker.started_at = time.monotonic()
        # A signal between the fork and the worker's own handlers waits for these.
        signal.pthread_sigmask(
            signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, FORCED_EXIT_SIGNAL}
        )
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._be_worker(worker.number, parent)
        self._workers[pid] = worker
        signal.pthread_sigmask(
            signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT, FORCED_EXIT_SIGNAL}
        )

    def _be_worker(self, number: int, parent: int) -> None:
        """In the child: serves and never returns."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _end_with_parent(parent)
            for other, sockets in enumerate(self._sockets):
                if other != number:
                    for sock in (sockets.internal, sockets.public):
                        if sock is not None:
                            sock.close()

            def on_ready() -> None:
                os.write(self._ready_pipe[1], bytes([number]))

            code = serve(self._sockets[number], self._plan, on_ready, alone=False, number=number)
        except SettingsInvalid as error:
            log.error("settings_invalid", extra={"detail": error.detail})  # noqa: TRY400  (no bug)
            code = _SETTINGS_EXIT_CODE
        except Exception:
            log.exception("worker_failed", extra={"worker": number})
        finally:
            logging.shutdown()
            os._exit(code)


def _end_with_parent(parent: int) -> None:
    """Should the supervisor be killed, its workers stop in order instead of staying on the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
