"""The webhook benchmark: every contestant in turn under every load, with its records checked."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from service import EVENTS, SECRET

from . import load, probe, webhook
from .contestants import Contestant, RunConfig
from .load import LoadProfile, Requests
from .results import SATURATION, Phase, Results, ServerRun
from .workbench import UsageSnapshot, Workbench, least_disturbed, log

BROKER_WARM_UP = LoadProfile(SATURATION, 10)
HEADERS = ("User-Agent: Stripe/1.0", "Content-Type: application/json; charset=utf-8")


def requests(size_bytes: int = 0) -> Requests:
    """Return signed webhooks, padded to a size."""
    return Requests(EVENTS, HEADERS, webhook.body(size_bytes), SECRET)


class WebhookBenchmark:
    """Measures the contestants in turn, each load for `seconds`.

    A load that other programs disturb is repeated.
    """

    def __init__(self, workbench: Workbench, results: Results, seconds: float) -> None:
        self._workbench = workbench
        self._results = results
        self._seconds = seconds

    def round(self, contestants: Sequence[Contestant], rates: Sequence[float]) -> None:
        """Measure each contestant once, in each round starting with another one."""
        number = self._results.rounds
        profiles = [LoadProfile(rate, self._seconds) for rate in rates]
        for contestant in rotated(contestants, number):
            measure = self._measure if contestant.serves else self._measure_without_server
            measure(contestant, number, profiles)

    def _measure(
        self, contestant: Contestant, number: int, profiles: Sequence[LoadProfile]
    ) -> None:
        config = self._workbench.new_config()
        with self._workbench.running(contestant, config) as server:
            warm_up = LoadProfile(SATURATION, contestant.warm_up_seconds)
            load.send(server.address, requests(), warm_up)
            for profile in profiles:
                measure = partial(
                    self._workbench.send_webhooks,
                    contestant,
                    config,
                    server,
                    profile,
                    requests(),
                )
                self._results.phases.append(replace(least_disturbed(measure), round=number))
            memory = server.memory_mib()
            problem = None
            if contestant.checked:
                problem = probe.responds_early(self._workbench.broker, server)
        ready = server.ready_seconds
        self._results.server_runs.append(ServerRun(contestant.name, number, ready, memory, problem))
        probed = problem or "no early response"
        log(f"{contestant.name:14} ready in {ready:.2f} s, {memory:.0f} MiB; {probed}")

    def _measure_without_server(
        self, contestant: Contestant, number: int, profiles: Sequence[LoadProfile]
    ) -> None:
        config = self._workbench.new_config()
        for profile in profiles:
            measure = partial(self._run_job, contestant, config, profile)
            self._results.phases.append(replace(least_disturbed(measure), round=number))

    def _run_job(self, contestant: Contestant, config: RunConfig, profile: LoadProfile) -> Phase:
        before = UsageSnapshot(self._workbench, None)
        command, environment = contestant.command(config), contestant.environment(config)
        result = load.run_job(command, profile.job(), environment)
        return before.phase(contestant.name, profile.rate, result)


def rotated(contestants: Sequence[Contestant], number: int) -> list[Contestant]:
    """Return the order of a round: each round starts with another contestant."""
    first = number % len(contestants)
    return [*contestants[first:], *contestants[:first]]


def warm_up_broker(workbench: Workbench, contestant: Contestant) -> None:
    """Load the broker, so that its JVM has compiled its code before anything is measured."""
    config = workbench.new_config()
    with workbench.running(contestant, config) as server:
        load.send(server.address, requests(), BROKER_WARM_UP)
