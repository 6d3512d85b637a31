"""One daemon is stopped and started again and again, with other secrets each time."""

import contextlib
import http.client
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from chaos.recording import InjectedFault, Recording
from harness.daemon import Daemon
from harness.deliveries import payment_intent_event
from harness.ports import free_port
from harness.sender import stripe_signature
from service import EVENTS, PAYMENTS

from .credentials import SECRETS, TOKENS, Credentials, settings

READY_TIMEOUT_SECONDS = 60.0
PAUSE_SECONDS = (4.0, 12.0)
"""The shortest and the longest time between two steps."""
ADDED, REMOVED = "restart, new secrets added", "restart, old secrets removed"


@dataclass(frozen=True, slots=True)
class Restart:
    """When a daemon was told to stop and when it was ready again, in monotonic seconds."""

    stopped_at_seconds: float
    ready_at_seconds: float


class RestartedDaemon:
    """A daemon on one port that is restarted with other secrets while the context lasts.

    Processes are killed with the thread that started them, so use it from one thread.

    Attributes:
        restarts: Each stop and start.
        problems: What was not as documented.
    """

    def __init__(self, shared: Mapping[str, str], credentials: Credentials) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.restarts: list[Restart] = []
        self.problems: list[str] = []
        self._shared = shared
        self._credentials = credentials
        self._exits = contextlib.ExitStack()
        self._daemon: Daemon | None = None

    def __enter__(self) -> Self:
        self._start((self._credentials.current,))
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def stop(self) -> None:
        """Stop the daemon, which has to exit with code 0."""
        assert self._daemon is not None
        if (code := self._daemon.stop(READY_TIMEOUT_SECONDS)) != 0:
            self.problems.append(f"exit code {code}: {self._daemon.process.output_tail()}")
        self._exits.close()

    def restart(self, *numbers: int) -> None:
        """Stop the daemon and start it with the secrets of these numbers."""
        stopped = time.monotonic()
        self.stop()
        self._start(numbers)
        self.restarts.append(Restart(stopped, time.monotonic()))

    def check_removed(self, number: int) -> None:
        """Note it if the daemon still accepts the secret or the token of a number."""
        assert self._daemon is not None
        body = payment_intent_event("evt_with_a_removed_secret", "pi_with_a_removed_secret")
        signed = {"Stripe-Signature": stripe_signature(body, SECRETS[number])}
        webhook = self._daemon.request("POST", EVENTS, body, signed).status
        token = {"Authorization": f"Bearer {TOKENS[number]}"}
        api = self._daemon.request("GET", f"{PAYMENTS}/pi_1", headers=token).status
        if (webhook, api) != (http.client.BAD_REQUEST, http.client.UNAUTHORIZED):
            self.problems.append(f"removed secret and token of {number}: {webhook} and {api}")

    def _start(self, numbers: tuple[int, ...]) -> None:
        self._exits = contextlib.ExitStack()
        daemon = Daemon({**self._shared, **settings(numbers)}, port=self.port)
        self._daemon = self._exits.enter_context(daemon)
        self._daemon.wait_all_ready(READY_TIMEOUT_SECONDS)


class Rolling:
    """Rolls the secrets with an overlap, again and again, each step at a seeded moment.

    Args:
        daemon: The daemon that is restarted for each step.
        credentials: What Stripe and the callers use.
        sign_with: Makes Stripe sign with these secrets.
        recording: Each step is recorded there.
        seed: Of the moments.
    """

    def __init__(
        self,
        daemon: RestartedDaemon,
        credentials: Credentials,
        sign_with: Callable[[tuple[str, ...]], None],
        recording: Recording,
        seed: int,
    ) -> None:
        self._daemon, self._credentials = daemon, credentials
        self._sign_with, self._recording = sign_with, recording
        self._random = random.Random(f"{seed}/restarts")

    def run(self, until: float, stopping: threading.Event) -> None:
        """Return after the last step before a time (monotonic), or soon after `stopping`."""
        it = self._credentials

        def pause() -> bool:
            seconds = self._random.uniform(*PAUSE_SECONDS)
            return time.monotonic() + seconds < until and not stopping.wait(seconds)

        while pause():
            self._step(ADDED, it.following, it.current)
            it.roll()
            self._sign_with(it.signing)
            if not pause():
                return
            it.end_overlap()
            self._sign_with(it.signing)
            if not pause():
                return
            self._step(REMOVED, it.current)
            self._daemon.check_removed(it.previous)

    def _step(self, kind: str, *numbers: int) -> None:
        webhook, started = len(self._recording.attempts), time.monotonic()
        self._daemon.restart(*numbers)
        fault = InjectedFault(kind, self._daemon.url, webhook, started, time.monotonic())
        self._recording.add_fault(fault)
