"""Webhooks: every contestant in turn, under every load, judged after each."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from service import EVENTS, SECRET

from . import load, probe, webhook
from .arena import Arena, Before, quietest, say
from .contestants import Contestant, Place
from .load import RateLimiter, Requests
from .results import SATURATION, Life, Phase, Results

BROKER_WARM_UP = RateLimiter(SATURATION, 10)
HEADERS = ("User-Agent: Stripe/1.0", "Content-Type: application/json; charset=utf-8")


def requests(size_bytes: int = 0) -> Requests:
    """Return signed webhooks, padded to a size."""
    return Requests(EVENTS, HEADERS, webhook.body(size_bytes), SECRET)


class Race:
    """The contestants in turn, so many seconds for each load.

    A load during which other programs disturbed is put on again.
    """

    def __init__(self, arena: Arena, results: Results, seconds: float) -> None:
        self._arena = arena
        self._results = results
        self._seconds = seconds

    def round(self, contestants: Sequence[Contestant], rates: Sequence[float]) -> None:
        """Let each have its turn; who is first is another one in each round."""
        number = self._results.rounds
        for contestant in in_turn(contestants, number):
            turn = self._turn if contestant.serves else self._turn_without_server
            turn(contestant, number, [RateLimiter(rate, self._seconds) for rate in rates])

    def _turn(self, contestant: Contestant, number: int, paces: Sequence[RateLimiter]) -> None:
        place = self._arena.place()
        with self._arena.running(contestant, place) as server:
            load.send(
                server.address, requests(), RateLimiter(SATURATION, contestant.warm_up_seconds)
            )
            for pace in paces:
                measure = partial(self._arena.webhooks, contestant, place, server, pace, requests())
                self._results.phases.append(replace(quietest(measure), round=number))
            memory = server.memory_mib()
            problem = None
            if contestant.judged:
                problem = probe.answers_early(self._arena.broker, server)
        ready = server.ready_seconds
        self._results.lives.append(Life(contestant.name, number, ready, memory, problem))
        say(f"{contestant.name:14} ready in {ready:.2f} s, {memory:.0f} MiB; {problem or 'honest'}")

    def _turn_without_server(
        self, contestant: Contestant, number: int, paces: Sequence[RateLimiter]
    ) -> None:
        place = self._arena.place()
        for pace in paces:
            measure = partial(self._told, contestant, place, pace)
            self._results.phases.append(replace(quietest(measure), round=number))

    def _told(self, contestant: Contestant, place: Place, pace: RateLimiter) -> Phase:
        before = Before(self._arena, None)
        command, environment = contestant.command(place), contestant.environment(place)
        done = load.told(command, pace.job(), environment)
        return before.phase(contestant.name, pace.rate, done)


def in_turn(contestants: Sequence[Contestant], number: int) -> list[Contestant]:
    """Return the order of a round: in each, another one is first."""
    first = number % len(contestants)
    return [*contestants[first:], *contestants[:first]]


def warm(arena: Arena, warmer: Contestant) -> None:
    """Let the broker's own compiler see some load before anybody is measured."""
    place = arena.place()
    with arena.running(warmer, place) as server:
        load.send(server.address, requests(), BROKER_WARM_UP)
