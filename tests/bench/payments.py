"""The payment benchmark: what a contestant adds to Stripe's time, and its maximum rate.

Payments are measured alone and together with webhooks. Stripe is tests/bench/go/stripe, a small
program that responds after a configured time.
"""

import json
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from harness import fixtures
from harness.ports import free_port
from harness.tools import bench_go
from service import PAYMENTS as PATH
from service import TOKEN

from . import load, webhooks
from .contestants import Contestant, RunConfig
from .load import LoadProfile, Requests
from .results import PAYMENTS, SATURATION, STRIPE, WITH_WEBHOOKS, Phase, Results, ServerRun
from .running import Running
from .workbench import UsageSnapshot, Workbench, least_disturbed, log, summary

RATE = 100.0
"""Stripe's limit of an account: https://docs.stripe.com/rate-limits."""
WEBHOOKS_RATE = 100.0
WEBHOOKS_ALONE, WEBHOOKS_WITH_PAYMENTS = "webhooks alone", "webhooks with payments"
WITHOUT_LATENCY = "payments, Stripe without latency"
"""Further kinds of phases."""

PAYMENT = {"amount": 2_000, "currency": "eur", "reference": "booking-{name}"}
REQUESTS = Requests(
    PATH,
    (f"Authorization: Bearer {TOKEN}", "Idempotency-Key: {name}", "Content-Type: application/json"),
    json.dumps(PAYMENT),
)
STRIPE_REQUESTS = Requests(
    "/v1/payment_intents",
    ("Idempotency-Key: {name}", "Content-Type: application/x-www-form-urlencoded"),
    "amount=2000&currency=eur&metadata[reference]=booking-{name}",
)


class FakeStripe(Running):
    """The program that stands in for Stripe, while the context lasts."""

    def __init__(self) -> None:
        port = free_port()
        environment = {
            "LISTEN": f"127.0.0.1:{port}",
            "PAYMENT_INTENT": json.dumps(fixtures.payment_intent()),
        }
        super().__init__(STRIPE, [bench_go() / "stripe"], environment, port, "/healthz")

    def set_latency(self, milliseconds: int) -> None:
        """Let each payment from now on take this long."""
        form = urlencode({"ms": milliseconds}).encode()
        with urllib.request.urlopen(f"{self.url}/latency", form):
            pass

    def created(self) -> int:
        """Return the number of payments created so far."""
        with urllib.request.urlopen(f"{self.url}/created") as response:
            return int(response.read())


class PaymentBenchmark:
    """Measures the contestants in turn, each load for `seconds`; Stripe takes `latency_ms`."""

    def __init__(
        self, workbench: Workbench, results: Results, seconds: float, latency_ms: int
    ) -> None:
        self._workbench = workbench
        self._results = results
        self._seconds = seconds
        self._latency_ms = latency_ms

    def round(self, contestants: Sequence[Contestant]) -> None:
        """Measure Stripe itself and then each contestant once."""
        number = self._results.rounds
        with FakeStripe() as stripe:
            self._workbench.helpers = [stripe]
            self._measure_stripe(stripe, number)
            for contestant in webhooks.rotated(contestants, number):
                self._measure(contestant, stripe, number)

    def _measure_stripe(self, stripe: FakeStripe, number: int) -> None:
        stripe.set_latency(self._latency_ms)

        def measure() -> Phase:
            before = UsageSnapshot(self._workbench, None)
            profile = LoadProfile(RATE, self._seconds)
            result = load.send(stripe.address, STRIPE_REQUESTS, profile)
            return replace(before.phase(STRIPE, RATE, result), kind=PAYMENTS)

        self._results.phases.append(replace(least_disturbed(measure), round=number))

    def _measure(self, contestant: Contestant, stripe: FakeStripe, number: int) -> None:
        config = self._workbench.new_config(stripe.url)
        seconds = self._seconds
        saturated = LoadProfile(SATURATION, seconds)
        steady = LoadProfile(RATE, seconds)
        concurrent = replace(saturated, connections=contestant.max_concurrent_payments)
        with self._workbench.running(contestant, config) as server:
            stripe.set_latency(0)
            warm_up = LoadProfile(SATURATION, contestant.warm_up_seconds)
            load.send(server.address, REQUESTS, warm_up)
            load.send(server.address, webhooks.requests(), warm_up)
            loads = _Loads(self._workbench, contestant, config, server, stripe)
            phases = [least_disturbed(lambda: loads.payments(WITHOUT_LATENCY, saturated))]
            stripe.set_latency(self._latency_ms)
            phases.append(least_disturbed(lambda: loads.payments(PAYMENTS, steady)))
            phases.append(least_disturbed(lambda: loads.webhooks(WEBHOOKS_ALONE, seconds)))
            phases += loads.both(seconds)
            phases.append(least_disturbed(lambda: loads.payments(PAYMENTS, concurrent)))
            memory = server.memory_mib()
        self._results.phases += [replace(phase, round=number) for phase in phases]
        self._results.server_runs.append(
            ServerRun(contestant.name, number, server.ready_seconds, memory)
        )
        log(f"{contestant.name:14} {memory:.0f} MiB")


@dataclass(frozen=True)
class _Loads:
    """The loads of one running contestant."""

    workbench: Workbench
    contestant: Contestant
    config: RunConfig
    server: Running
    stripe: FakeStripe

    def payments(self, kind: str, profile: LoadProfile) -> Phase:
        """Create payments; a 2xx response without a payment at Stripe disqualifies."""
        created = self.stripe.created()
        before = UsageSnapshot(self.workbench, self.server)
        result = load.send(self.server.address, REQUESTS, profile)
        phase = before.phase(self.contestant.name, profile.rate, result)
        missing = len(result.accepted) - (self.stripe.created() - created)
        problem = f"{missing} 2xx responses without a payment at Stripe" if missing > 0 else None
        return replace(phase, kind=kind, problem=problem)

    def webhooks(self, kind: str, seconds: float) -> Phase:
        """Send webhooks."""
        profile, requests = LoadProfile(WEBHOOKS_RATE, seconds), webhooks.requests()
        phase = self.workbench.send_webhooks(
            self.contestant, self.config, self.server, profile, requests
        )
        return replace(phase, kind=kind)

    def both(self, seconds: float) -> list[Phase]:
        """Send both concurrently; processor time cannot be attributed to one of them."""
        with ThreadPoolExecutor() as pool:
            payments = pool.submit(self.payments, WITH_WEBHOOKS, LoadProfile(RATE, seconds))
            hooks = pool.submit(self.webhooks, WEBHOOKS_WITH_PAYMENTS, seconds)
            phases = [replace(each.result(), cpu_ms=None) for each in (payments, hooks)]
        for phase in phases:
            log(summary(phase))
        return phases
