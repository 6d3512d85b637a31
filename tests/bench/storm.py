"""The time after an outage, in which Stripe redelivers what has failed: computed and simulated.

Stripe publishes that it redelivers for up to three days with an exponential backoff, and neither
the delays nor their jitter: https://docs.stripe.com/webhooks#retries. Both are assumed here: the
delays are those of the Stripe stand-in, from 5 minutes doubling to 12 hours.

The simulation is a heap of the times of the next attempts. The service is a single queue with a
constant service time, so that one number describes it, when it will be free. SimPy would need a
process for each webhook to give the same result.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush

from paycli.sandbox.standin.webhooks.settings import DeliverySettings

HOUR_SECONDS = 3_600
QUEUE_SECONDS = 0.5
"""How long a webhook queues for a slot before it is 503: `paycli/adapters/kafka/admission.py`."""
DELAYS = tuple(DeliverySettings(time_scale=1).retry_delays())
JITTER = 0.2


@dataclass(frozen=True)
class Outage:
    """An outage, and the load and the service after it.

    Attributes:
        rate: New events per second.
        capacity: Webhooks per second of all processes.
        slots: The most webhooks in flight in all processes; further ones queue.
        seconds: The duration of the outage, in which every attempt fails.
        delays: Seconds before each further attempt.
        jitter: The share by which a delay may be shorter or longer, evenly distributed.
        queue_seconds: How long a webhook queues at most before it is refused.
    """

    rate: float
    capacity: float
    slots: float
    seconds: int = HOUR_SECONDS
    delays: Sequence[float] = DELAYS
    jitter: float = JITTER
    queue_seconds: float = QUEUE_SECONDS

    def scaled(self, factor: float) -> "Outage":
        """Return the same outage at another size."""
        return replace(
            self,
            rate=self.rate * factor,
            capacity=self.capacity * factor,
            slots=self.slots * factor,
        )

    @property
    def longest_wait(self) -> float:
        """The seconds from a webhook's arrival to its turn beyond which it is refused."""
        return self.slots / self.capacity + self.queue_seconds

    @property
    def nearly_all(self) -> float:
        """The number of events that are left when 99.9 % of those of the outage are delivered."""
        return max(1.0, 0.001 * self.rate * self.seconds)

    @property
    def end(self) -> float:
        """The time at which Stripe drops the last event of the outage."""
        return self.seconds + (1 + self.jitter) * sum(self.delays)


@dataclass(frozen=True)
class Storm:
    """What happens after an outage.

    Attributes:
        peak: Attempts per second in the busiest minute.
        refused: The number of refused attempts.
        minutes: When 99.9 % of the events of the outage are delivered.
        last_minutes: When all are; computed, when less than one is expected to be left.
        attempts: The most attempts of an event.
        lost: The number of events that Stripe has dropped after its last attempt.
        longest_wait: The longest wait for a response, in seconds; only simulated.
    """

    peak: float
    refused: float
    minutes: float
    last_minutes: float
    attempts: int
    lost: float
    longest_wait: float = 0.0

    def scaled(self, factor: float) -> "Storm":
        """Return the storm at another size: rate and counts grow with it, times do not."""
        return replace(
            self,
            peak=self.peak * factor,
            refused=self.refused * factor,
            lost=self.lost * factor,
        )


def compute(outage: Outage) -> Storm:
    """Compute the expected storm second by second: the number of attempts above capacity fails."""
    last = len(outage.delays)
    rates = [outage.rate, *(0.0 for _ in outage.delays)]
    # By attempt: the changes of its rate by second.
    changes: list[defaultdict[int, float]] = [defaultdict(float) for _ in rates]
    tried = [0.0 for _ in rates]
    by_minute: defaultdict[int, float] = defaultdict(float)
    refused = lost = pending = 0.0
    second = 0
    nearly = outage.seconds
    while second < outage.seconds or (pending >= 1 and second < outage.end):
        for attempt in range(1, last + 1):
            rates[attempt] = max(0.0, rates[attempt] + changes[attempt].pop(second, 0.0))
            tried[attempt] += rates[attempt]
        total = sum(rates)
        down = second < outage.seconds
        failing = 1.0 if down else max(0.0, 1 - outage.capacity / total)
        pending += outage.rate * failing - (total - outage.rate) * (1 - failing)
        lost += rates[last] * failing
        pending -= rates[last] * failing
        if failing:
            for attempt, delay in enumerate(outage.delays):
                first = second + round(delay * (1 - outage.jitter))
                after = second + round(delay * (1 + outage.jitter)) + 1
                each = rates[attempt] * failing / (after - first)
                changes[attempt + 1][first] += each
                changes[attempt + 1][after] -= each
        if not down:
            refused += total * failing
            by_minute[(second - outage.seconds) // 60] += total / 60
        second += 1
        if pending >= outage.nearly_all:
            nearly = second
    most = max((number for number, count in enumerate(tried) if count >= 1), default=0)
    peak = max(by_minute.values(), default=0.0)
    minutes, last_minutes = ((at - outage.seconds) / 60 for at in (nearly, second))
    return Storm(peak, refused, minutes, last_minutes, 1 + most, lost)


class Service:
    """A queue with a constant service time that refuses what would wait too long."""

    def __init__(self, outage: Outage) -> None:
        self._service_seconds = 1 / outage.capacity
        self._limit = outage.longest_wait
        self._free_at = 0.0
        self.longest_wait = 0.0

    def accepts(self, now: float) -> bool:
        """Return whether a webhook that arrives now is served, in its turn."""
        starts = max(now, self._free_at)
        if starts - now > self._limit:
            return False
        self._free_at = starts + self._service_seconds
        self.longest_wait = max(self.longest_wait, self._free_at - now)
        return True


def simulate(outage: Outage, seed: int) -> Storm:
    """Simulate each attempt of each event; events are a Poisson process.

    A refused attempt takes no capacity.
    """
    rng = random.Random(seed)
    service = Service(outage)
    # The time and the number of each next attempt; 0 is that of the next new event.
    heap = [(rng.expovariate(outage.rate), 0)]
    by_minute: Counter[int] = Counter()
    pending = refused = most = lost = 0
    nearly = delivered = float(outage.seconds)
    while heap:
        now, attempt = heappop(heap)
        down = now < outage.seconds
        if now > outage.end or not (down or pending or attempt):
            break
        if attempt == 0:
            heappush(heap, (now + rng.expovariate(outage.rate), 0))
        if not down:
            by_minute[int(now - outage.seconds) // 60] += 1
        most = max(most, attempt + 1)
        if not down and service.accepts(now):
            if attempt:
                nearly = now if pending >= outage.nearly_all else nearly
                pending -= 1
                delivered = now
            continue
        pending += attempt == 0
        refused += not down
        if attempt == len(outage.delays):
            pending -= 1
            lost += 1
            continue
        delay = outage.delays[attempt] * rng.uniform(1 - outage.jitter, 1 + outage.jitter)
        heappush(heap, (now + delay, attempt + 1))
    peak = max(by_minute.values(), default=0) / 60
    all_delivered = outage.end if pending else delivered
    minutes, last_minutes = ((at - outage.seconds) / 60 for at in (nearly, all_delivered))
    return Storm(peak, refused, minutes, last_minutes, most, lost, service.longest_wait)
