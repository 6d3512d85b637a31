"""The soak: webhooks and callers at steady rates, while one of two daemons is restarted."""

import dataclasses
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from chaos.deployment import PARTITIONS, TOPIC
from chaos.oracle import ExpectedEvent, Verdict, check
from chaos.recording import Recording, Sampler
from chaos.run import STRIPE_REDELIVERY
from chaos.webhooks import webhooks
from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.sender import Delivery, send
from harness.stripe import Stripe
from service import EVENTS, daemon_settings

from . import growth, stripe_events
from .callers import Callers
from .calls import Call
from .credentials import ALL, SECRETS, Credentials, settings
from .responses import unexplained_attempts, unexplained_calls
from .restarts import READY_TIMEOUT_SECONDS, RestartedDaemon, Rolling
from .stripe_events import StripeEvents
from .topic_reader import TopicReader

CLIENTS = 32
INTERVAL_SECONDS = 2.0
DELIVERED_SECONDS = 60.0
DEFAULT_TIMEOUTS = {"PAYCLI_ACK_TIMEOUT_SECONDS": "5", "PAYCLI_STRIPE_TIMEOUT_SECONDS": "10"}


@dataclass(frozen=True)
class Load:
    """How long the soak takes, and how many webhooks and operations of callers a second it has."""

    minutes: float
    webhooks_per_second: float
    operations_per_second: float
    seed: int


@dataclass(frozen=True)
class Soak:
    """The result of a soak.

    Attributes:
        recording: The attempts to deliver the sender's webhooks, the restarts and the samples.
        verdict: Of these webhooks and of the stand-in's events together.
        calls: Each attempt of the callers.
        stripe_events: The number of the stand-in's events.
        growth: Of each figure along the regression line, in the process where it is highest.
        other_problems: What else was not as promised, by a description.
    """

    recording: Recording
    verdict: Verdict
    calls: list[Call]
    stripe_events: int
    growth: Mapping[str, float]
    other_problems: Mapping[str, list[str]]

    @property
    def keeps_promises(self) -> bool:
        """Whether no event was lost and everything else was as promised."""
        return self.verdict.holds and not any(self.other_problems.values())

    @property
    def holds(self) -> bool:
        """Whether all promises were kept and no figure has grown beyond its limit."""
        return self.keeps_promises and all(
            self.growth[name] <= limit for name, limit in growth.LIMITS.items()
        )


def soak(load: Load) -> Soak:
    """Run a broker of its own, a stand-in and two daemons with two workers each, and check."""
    with KafkaBroker() as broker:
        broker.create_event_topics(TOPIC, PARTITIONS)
        return soak_on(broker.bootstrap_servers, TOPIC, load)


def soak_on(bootstrap_servers: str, topic: str, load: Load) -> Soak:
    """Do the soak with a topic of a running broker.

    The steady daemon has all secrets of the run from its start, because settings are read once;
    its resources are sampled. The other one is restarted whenever the secrets change.
    """
    credentials = Credentials()
    with Stripe(
        delivery=stripe_events.DELIVERY,
        seed=load.seed,
        remembered_events=stripe_events.REMEMBERED_EVENTS,
    ) as stripe:
        shared = daemon_settings(stripe.url, bootstrap_servers, topic) | DEFAULT_TIMEOUTS
        shared["PAYCLI_WORKERS"] = "2"
        with (
            Daemon({**shared, **settings(ALL)}) as steady,
            RestartedDaemon(shared, credentials) as restarted,
        ):
            steady.wait_all_ready(READY_TIMEOUT_SECONDS)
            urls = [steady.url, restarted.url]
            stripe_events.add_endpoints(stripe, [each + EVENTS for each in urls], SECRETS[:1])
            run = _Run(load, stripe, credentials, urls)
            with TopicReader(bootstrap_servers, topic, run.webhook_ids) as reader:
                processes = growth.process_ids(steady.pid)
                sampled = growth.figures(processes)
                with (
                    StripeEvents(stripe) as events,
                    Sampler(run.recording, sampled, INTERVAL_SECONDS),
                ):
                    run.load(restarted)
                    run.wait_until_delivered(events)
                workers = growth.process_ids(steady.pid)
                restarted.stop()
                exit_code = steady.stop(READY_TIMEOUT_SECONDS)
        restarted.problems.extend([f"exit code {exit_code} of the steady one"] if exit_code else [])
        restarted.problems.extend(["a worker was replaced"] if workers != processes else [])
        return run.result(events.finish(), reader, restarted)


class _Run:
    def __init__(
        self, load: Load, stripe: Stripe, credentials: Credentials, urls: list[str]
    ) -> None:
        self.recording = Recording()
        self.webhook_ids: set[str] = set()
        self._expected: list[ExpectedEvent] = []
        self._load, self._stripe = load, stripe
        self._credentials, self._urls = credentials, urls
        self._stopping = threading.Event()
        self._callers = Callers(urls, credentials, stripe, load.operations_per_second, load.seed)

    def load(self, restarted: RestartedDaemon) -> None:
        """Send webhooks and let callers work, while the secrets are rolled."""
        until = time.monotonic() + 60 * self._load.minutes
        rolling = Rolling(
            restarted,
            self._credentials,
            lambda secrets: stripe_events.sign_with(self._stripe, secrets),
            self.recording,
            self._load.seed,
        )
        with ThreadPoolExecutor(2) as pool:
            loads = [
                pool.submit(self._send),
                pool.submit(self._callers.run, until, self._stopping),
            ]
            for each in loads:
                each.add_done_callback(self._stop_after_error)
            try:
                rolling.run(until, self._stopping)
            except BaseException:
                self._stopping.set()
                raise
            for each in loads:
                each.result()

    def wait_until_delivered(self, events: StripeEvents) -> None:
        """Return once refunds have settled and every event was accepted; what is not, is found."""
        try:
            wait_until(
                lambda: events.undelivered() == 0 and events.has(self._callers.books.expected),
                DELIVERED_SECONDS,
                "all events are delivered",
            )
        except TimeoutError as error:
            self._callers.books.wrong.append(str(error))

    def result(self, events: StripeEvents, reader: TopicReader, restarted: RestartedDaemon) -> Soak:
        """Compare what was asked for with what there is."""
        books = self._callers.books
        expected, not_sent = stripe_events.expected_events(events.sent, books.expected)
        deliveries = [attempt for event in events.sent for attempt in event.attempts]
        published = {each.event_id for each in expected}
        verdict = check(
            [*self._expected, *expected],
            [
                *self.recording.attempts,
                *(attempt for attempt in deliveries if attempt.event_id in published),
            ],
            reader.records,
        )
        window = restarted.url, restarted.restarts
        problems = {
            "created other than exactly once": books.not_exactly_once(
                stripe_events.created_objects(self._stripe)
            ),
            "asked for, and no event of Stripe": not_sent,
            "responses other than asked for": books.wrong,
            "failed webhooks without a restart": unexplained_attempts(
                [*self.recording.attempts, *deliveries], *window
            ),
            "failed calls other than refused connections": unexplained_calls(
                self._callers.calls, *window
            ),
            "stops and secrets other than documented": restarted.problems,
        }
        return Soak(
            self.recording,
            verdict,
            self._callers.calls,
            len(events.sent),
            growth.growth(self.recording.samples),
            problems,
        )

    def _send(self) -> None:
        load = self._load
        send(
            self._deliveries(int(60 * load.minutes * load.webhooks_per_second)),
            [each + EVENTS for each in self._urls],
            clients=CLIENTS,
            redelivery=STRIPE_REDELIVERY,
            rate_per_second=load.webhooks_per_second,
            seed=load.seed,
            on_attempt=self.recording.attempts.append,
        )

    def _stop_after_error(self, done: Future[None]) -> None:
        if done.exception() is not None:
            self._stopping.set()

    def _deliveries(self, count: int) -> Iterator[Delivery]:
        for webhook in webhooks(count, SECRETS[0], self._load.seed):
            if self._stopping.is_set():
                return
            self.webhook_ids.add(webhook.expected.event_id)
            self._expected.append(webhook.expected)
            yield dataclasses.replace(webhook.delivery, sign=self._credentials.sign)
