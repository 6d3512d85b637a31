"""Payments: what a contestant adds to Stripe's time, alone and beside webhooks, and its most.

Stripe is a small program of ours that answers after a given time: tests/bench/go/stripe.
"""

import json
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlencode

from harness import fixtures
from harness.ports import free_port
from harness.tools import bench_go
from service import PAYMENTS as PATH
from service import TOKEN

from . import load, webhooks
from .arena import Arena, Before, quietest, say, told
from .contestants import Contestant, Place
from .load import RateLimiter, Requests
from .results import BESIDE_WEBHOOKS, PAYMENTS, SATURATION, STRIPE, Life, Phase, Results
from .running import Running

RATE = 100.0
"""Stripe's limit of an account: https://docs.stripe.com/rate-limits."""
WEBHOOKS_RATE = 100.0
WEBHOOKS_ALONE, WEBHOOKS_BESIDE = "webhooks alone", "webhooks beside payments"
QUICK = "payments, Stripe at once"
"""Further kinds of what is measured."""

PAYMENT = {"amount": 2_000, "currency": "eur", "reference": "booking-{name}"}
REQUESTS = Requests(
    PATH,
    (f"Authorization: Bearer {TOKEN}", "Idempotency-Key: {name}", "Content-Type: application/json"),
    json.dumps(PAYMENT),
)
DIRECT = Requests(
    "/v1/payment_intents",
    ("Idempotency-Key: {name}", "Content-Type: application/x-www-form-urlencoded"),
    "amount=2000&currency=eur&metadata[reference]=booking-{name}",
)


class Stripe(Running):
    """Stripe, while the context lasts."""

    def __init__(self) -> None:
        port = free_port()
        environment = {
            "LISTEN": f"127.0.0.1:{port}",
            "PAYMENT_INTENT": json.dumps(fixtures.payment_intent()),
        }
        super().__init__(STRIPE, [bench_go() / "stripe"], environment, port, "/healthz")

    def wait(self, milliseconds: int) -> None:
        """Let each payment take so long from now on."""
        form = urlencode({"ms": milliseconds}).encode()
        with urllib.request.urlopen(f"{self.url}/latency", form):
            pass

    def made(self) -> int:
        """Return how many payments were made so far."""
        with urllib.request.urlopen(f"{self.url}/made") as answer:
            return int(answer.read())


class Till:
    """The contestants in turn, so many seconds for each load; Stripe takes `latency_ms`."""

    def __init__(self, arena: Arena, results: Results, seconds: float, latency_ms: int) -> None:
        self._arena = arena
        self._results = results
        self._seconds = seconds
        self._latency_ms = latency_ms

    def round(self, contestants: Sequence[Contestant]) -> None:
        """Let each have its turn, and Stripe itself."""
        number = self._results.rounds
        with Stripe() as stripe:
            self._arena.beside = [stripe]
            self._direct(stripe, number)
            for contestant in webhooks.in_turn(contestants, number):
                self._turn(contestant, stripe, number)

    def _direct(self, stripe: Stripe, number: int) -> None:
        stripe.wait(self._latency_ms)

        def put() -> Phase:
            before = Before(self._arena, None)
            done = load.send(stripe.address, DIRECT, RateLimiter(RATE, self._seconds))
            return replace(before.phase(STRIPE, RATE, done), kind=PAYMENTS)

        self._results.phases.append(replace(quietest(put), round=number))

    def _turn(self, contestant: Contestant, stripe: Stripe, number: int) -> None:
        place = self._arena.place(stripe.url)
        seconds = self._seconds
        with self._arena.running(contestant, place) as server:
            stripe.wait(0)
            warming = RateLimiter(SATURATION, contestant.warm_up_seconds)
            load.send(server.address, REQUESTS, warming)
            load.send(server.address, webhooks.requests(), warming)
            of = _Loads(self._arena, contestant, place, server, stripe)
            kept = [quietest(lambda: of.payments(QUICK, RateLimiter(SATURATION, seconds)))]
            stripe.wait(self._latency_ms)
            kept.append(quietest(lambda: of.payments(PAYMENTS, RateLimiter(RATE, seconds))))
            kept.append(quietest(lambda: of.webhooks(WEBHOOKS_ALONE, seconds)))
            kept += of.both(seconds)
            most = RateLimiter(SATURATION, seconds, connections=contestant.payments_at_once)
            kept.append(quietest(lambda: of.payments(PAYMENTS, most)))
            life = Life(contestant.name, number, server.ready_seconds, server.memory_mib())
        self._results.phases += [replace(phase, round=number) for phase in kept]
        self._results.lives.append(life)
        say(f"{contestant.name:14} {life.memory_mib:.0f} MiB")


class _Loads:
    """The loads of one contestant that runs."""

    def __init__(
        self, arena: Arena, contestant: Contestant, place: Place, server: Running, stripe: Stripe
    ) -> None:
        self._arena = arena
        self._contestant = contestant
        self._place = place
        self._server = server
        self._stripe = stripe

    def payments(self, kind: str, pace: RateLimiter) -> Phase:
        """Have payments made; who answers 2xx without one at Stripe is disqualified."""
        made = self._stripe.made()
        before = Before(self._arena, self._server)
        done = load.send(self._server.address, REQUESTS, pace)
        phase = before.phase(self._contestant.name, pace.rate, done)
        missing = len(done.accepted) - (self._stripe.made() - made)
        problem = f"{missing} answered 2xx without a payment at Stripe" if missing > 0 else None
        return replace(phase, kind=kind, problem=problem)

    def webhooks(self, kind: str, seconds: float) -> Phase:
        """Send webhooks."""
        pace, sent = RateLimiter(WEBHOOKS_RATE, seconds), webhooks.requests()
        phase = self._arena.webhooks(self._contestant, self._place, self._server, pace, sent)
        return replace(phase, kind=kind)

    def both(self, seconds: float) -> list[Phase]:
        """Send both at the same time; whose processor time it is can't be told."""
        with ThreadPoolExecutor() as pool:
            paying = pool.submit(self.payments, BESIDE_WEBHOOKS, RateLimiter(RATE, seconds))
            hooks = pool.submit(self.webhooks, WEBHOOKS_BESIDE, seconds)
            phases = [replace(each.result(), cpu_ms=None) for each in (paying, hooks)]
        for phase in phases:
            say(told(phase))
        return phases
