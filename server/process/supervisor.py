"""Supervises several workers on one port: spawns, respawns and stops them.

Each worker has a listening socket of its own, which the supervisor keeps open: connections queued
at a worker that died are accepted by its replacement.
"""

import ctypes
import logging
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from paycli.errors import SettingsInvalid
from server import logs
from server.process.signals import STOP_SIGNALS, SignalPipe
from server.process.worker import FORCED_EXIT_SIGNAL, ListenSockets, Worker, WorkerPlan

log = logging.getLogger("paycli.server")

_PR_SET_PDEATHSIG = 1
_EARLY_EXIT_SECONDS = 2.0
_MAX_EARLY_EXITS = 5
_BACKOFF_SECONDS = 0.2
_SETTINGS_EXIT_CODE = 3


@dataclass(slots=True)
class _Slot:
    """Worker `number`, whichever process runs it; `early_exits` counts those in a row."""

    number: int
    started_at: float
    early_exits: int = 0


class Supervisor:
    """Runs one worker for each of `sockets` until `signals` receives a signal to stop."""

    def __init__(
        self,
        sockets: Sequence[ListenSockets],
        plan: WorkerPlan,
        signals: SignalPipe,
        on_ready: Callable[[], None],
    ) -> None:
        self._sockets = sockets
        self._plan = plan
        self._recorder = plan.metrics.supervisor_recorder()
        self._signals = signals
        self._on_ready = on_ready
        self._workers: dict[int, _Slot] = {}  # by process id
        self._ready: set[int] = set()
        self._stops = 0
        self._exit_code = 0
        self._ready_pipe = os.pipe()

    def run(self) -> int:
        """Returns the exit code: 0 if every worker stopped gracefully."""
        logs.count_dropped_lines(self._recorder.count_dropped_log_lines)
        self._signals.add(signal.SIGCHLD)
        for number in range(len(self._sockets)):
            self._spawn(_Slot(number, 0))
        with selectors.DefaultSelector() as selector:
            selector.register(self._ready_pipe[0], selectors.EVENT_READ, self._read_ready)
            selector.register(self._signals, selectors.EVENT_READ, self._handle_signals)
            # A child may have exited before SIGCHLD had a handler.
            self._reap()
            while self._workers:
                for key, _ in selector.select():
                    key.data()
        return self._exit_code

    def _handle_signals(self) -> None:
        for number in self._signals.read():
            if number != signal.SIGCHLD:
                self._stop()
        self._reap()

    def _read_ready(self) -> None:
        numbers = os.read(self._ready_pipe[0], 512)
        before = len(self._ready)
        self._ready |= set(numbers)
        if before < len(self._ready) == len(self._sockets):
            self._on_ready()

    def _stop(self) -> None:
        self._stops += 1
        if self._stops == 1:
            log.info("stopping", extra={"workers": len(self._workers)})
        for pid in self._workers:
            os.kill(pid, signal.SIGTERM if self._stops == 1 else FORCED_EXIT_SIGNAL)

    def _reap(self) -> None:
        """Reaps every worker that has exited, and respawns it unless the daemon is stopping."""
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            slot = self._workers.pop(pid, None)
            if slot is None:  # an orphan that a container's first process has inherited
                continue
            code = os.waitstatus_to_exitcode(status)
            self._plan.metrics.recorder(slot.number).reset_gauges()
            if self._stops:
                self._exit_code = self._exit_code or int(code != 0)
                continue
            self._recorder.count_worker_exit()
            log.error("worker_exited", extra={"worker": slot.number, "exit_code": code})
            if code == _SETTINGS_EXIT_CODE:  # another worker would fail in the same way
                self._exit_code = code
                self._stop()
            else:
                self._respawn(slot)

    def _respawn(self, slot: _Slot) -> None:
        """Spawns the worker again, with backoff; stops the daemon if it keeps crashing."""
        early = time.monotonic() - slot.started_at < _EARLY_EXIT_SECONDS
        slot.early_exits = slot.early_exits + 1 if early else 0
        if slot.early_exits >= _MAX_EARLY_EXITS:
            log.error("worker_crash_loop", extra={"worker": slot.number})
            self._exit_code = 1
            self._stop()
            return
        if slot.early_exits:
            time.sleep(_BACKOFF_SECONDS * 2**slot.early_exits)
        self._spawn(slot)

    def _spawn(self, slot: _Slot) -> None:
        slot.started_at = time.monotonic()
        # A signal between the fork and the creation of the worker's own pipe stays pending.
        signals = {*STOP_SIGNALS, FORCED_EXIT_SIGNAL}
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._run_worker(slot.number, parent)
        self._workers[pid] = slot
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)

    def _run_worker(self, number: int, parent: int) -> None:
        """Serves in the child process; never returns."""
        code = 1
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # Ctrl-C and the hangup of a terminal are sent to all processes: the supervisor acts.
            for ignored in (signal.SIGINT, signal.SIGHUP):
                signal.signal(ignored, signal.SIG_IGN)
            signals = SignalPipe((signal.SIGTERM, FORCED_EXIT_SIGNAL))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {*STOP_SIGNALS, FORCED_EXIT_SIGNAL})
            _terminate_with_parent(parent)
            for other, sockets in enumerate(self._sockets):
                if other != number:
                    for sock in (sockets.internal, sockets.public):
                        if sock is not None:
                            sock.close()

            def on_ready() -> None:
                os.write(self._ready_pipe[1], bytes([number]))

            worker = Worker(self._sockets[number], self._plan, signals, alone=False, number=number)
            code = worker.run(on_ready)
        except SettingsInvalid as error:
            log.error("settings_invalid", extra={"detail": error.detail})  # noqa: TRY400  (an operator's mistake needs no traceback)
            code = _SETTINGS_EXIT_CODE
        except Exception:
            log.exception("worker_failed", extra={"worker": number})
        finally:
            logging.shutdown()
            os._exit(code)


def _terminate_with_parent(parent: int) -> None:
    """Makes the worker stop gracefully, and free the port, if the supervisor is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
