"""The one place that joins settings, adapters and use cases.

Adapters are imported where they are made, since each brings an SDK that takes long to import.
"""

import logging
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from paycli import __version__
from paycli.events.topics import Topics
from paycli.models import Record, RegistryStatus, StoredRecord, WebhookResponse
from paycli.ops.backfill import Backfill
from paycli.ops.rate_limit import Progress
from paycli.ops.replay_from_stripe import record_for_replay
from paycli.ops.send_webhooks import Report, deliver, deliver_many
from paycli.ops.stripe_events_api import StripeEventsReader
from paycli.payments.access import Access
from paycli.payments.payments import Payments
from paycli.payments.refunds import Refunds
from paycli.services import Services
from paycli.settings import (
    Address,
    DiscoverySettings,
    KafkaSettings,
    ServerSettings,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)
from paycli.tracing import NO_TRACER, Tracer
from paycli.webhooks.ingest import Webhooks

log = logging.getLogger("paycli.traces")

OnStripeCall = Callable[[str, float], None]
"""Called after each attempt with its outcome, `ok` or an error's code, and its seconds."""

# https://opentelemetry.io/docs/specs/otel/protocol/exporter/
_COLLECTOR = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

if TYPE_CHECKING:
    from paycli.adapters.eureka.client import EurekaInstance
    from paycli.adapters.eureka.registration import EurekaRegistration
    from paycli.adapters.kafka.admin import KafkaAdmin
    from paycli.adapters.kafka.publisher import KafkaPublisher
    from paycli.adapters.kafka.reader import KafkaReader
    from paycli.adapters.stripe.gateway import StripeAccount

_CONNECT_SECONDS = 10.0
# Commands publish many records: large requests cost the brokers and us less.
_LINGER_MS = 10


@dataclass(frozen=True, slots=True)
class DaemonSettings:
    """All that the daemon needs."""

    stripe: StripeSettings
    webhook: WebhookSettings
    kafka: KafkaSettings
    tokens: TokenSettings
    server: ServerSettings


def import_sdks() -> None:
    """Imports the SDKs, so that workers share them instead of importing them each."""
    import paycli.adapters.kafka.publisher
    import paycli.adapters.stripe.gateway  # noqa: F401


def tracer(service_name: str) -> Tracer:
    """Where traces go, by OpenTelemetry's own variables; nothing is imported without them."""
    if not any(os.environ.get(name) for name in _COLLECTOR):
        return NO_TRACER
    try:
        from paycli.adapters.otel import OtelTracer
    except ImportError:
        # Some platforms set the variables for every process, so this is no reason not to serve.
        log.warning("traces_unavailable", extra={"detail": "pip install 'paycli[otel]'"})
        return NO_TRACER
    return OtelTracer(service_name, __version__)


def access(
    settings: StripeSettings,
    caller_names: Collection[str] = (),
    on_stripe_call: OnStripeCall = lambda _outcome, _seconds: None,
    traces: Tracer = NO_TRACER,
) -> Access:
    """The way of all use cases to Stripe; `caller_names` are the daemon's named callers."""
    from paycli.adapters.stripe.gateway import StripeGateway

    gateway = StripeGateway(settings, on_stripe_call, traces)
    return Access(gateway, settings.max_in_flight, caller_names)


def payments(settings: StripeSettings) -> Payments:
    """The use cases of payments, for a command."""
    return Payments(access(settings))


def refunds(settings: StripeSettings) -> Refunds:
    """The use cases of refunds, for a command."""
    return Refunds(access(settings))


def services(
    settings: DaemonSettings,
    on_stripe_call: OnStripeCall = lambda _outcome, _seconds: None,
) -> Services:
    """What one process of the daemon serves; makes connections, so call it after any fork."""
    from paycli.adapters.kafka.publisher import KafkaPublisher

    traces = tracer(settings.server.service_name)
    topics = Topics(settings.kafka.topic, settings.kafka.unreadable_topic)
    publisher = KafkaPublisher(
        settings.kafka,
        topics=(topics.events, topics.unreadable),
        max_in_flight=settings.server.webhook_max_in_flight,
    )
    # Kafka's connections are made in the background while Stripe's SDK is imported.
    callers = settings.tokens.callers()
    names = {name for name in callers.values() if name}
    stripe_access = access(settings.stripe, names, on_stripe_call, traces)
    webhooks = Webhooks(
        publisher,
        topics,
        secrets=settings.webhook.secret_values(),
        tolerance_seconds=settings.webhook.tolerance_seconds,
        livemode=settings.stripe.livemode,
        tracer=traces,
    )

    def close() -> None:
        publisher.close()
        traces.close()

    return Services(
        payments=Payments(stripe_access),
        refunds=Refunds(stripe_access),
        webhooks=webhooks,
        broker=publisher,
        callers=callers,
        close=close,
        tracer=traces,
    )


def registration(settings: DiscoverySettings, port: int) -> "EurekaRegistration | None":
    """The daemon's entry in Eureka, None where none is wanted; `port` is the one it listens on."""
    registries = settings.registries()
    if not registries:
        return None
    from paycli.adapters.eureka.client import EurekaClient
    from paycli.adapters.eureka.registration import EurekaRegistration

    instance = _instance(settings, port)
    return EurekaRegistration(EurekaClient(registries), instance, settings.eureka_heartbeat_seconds)


def _instance(settings: DiscoverySettings, port: int) -> "EurekaInstance":
    from paycli.adapters.eureka.registration import describe_instance

    address = settings.advertise or Address(host=settings.listen.host, port=port)
    seconds = settings.eureka_heartbeat_seconds
    return describe_instance(settings.service_name, address, seconds, __version__)


def reader(settings: KafkaSettings, topic: str) -> "closing[KafkaReader]":
    """A reader of the topic, for a `with`. Raises KafkaFailure when it is used."""
    from paycli.adapters.kafka.reader import KafkaReader

    return closing(KafkaReader(settings, topic))


@contextmanager
def publisher(settings: KafkaSettings, topic: str | None = None) -> "Iterator[KafkaPublisher]":
    """A publisher that is ready, of `topic` or else of our own two. Raises KafkaFailure."""
    from paycli.adapters.kafka.publisher import KafkaPublisher

    # What it logs for the daemon's operators, a command says in its error.
    logging.getLogger("paycli.kafka").addHandler(logging.NullHandler())
    topics = (settings.topic, settings.unreadable_topic) if topic is None else (topic,)
    # The publisher waits for a topic that is not there, as a daemon does; a person need not.
    kafka_admin(settings).check(topics[0])
    made = KafkaPublisher(settings, topics, max_in_flight=1, linger_ms=_LINGER_MS)
    try:
        made.connect(_CONNECT_SECONDS)
        yield made
    finally:
        made.close()


def stripe_events_reader(settings: StripeSettings, account: str | None) -> StripeEventsReader:
    """Stripe's own events, of our account or a connected one."""
    from paycli.adapters.stripe.gateway import StripeGateway

    return StripeEventsReader(StripeGateway(settings), account)


def records_from_stripe(
    stripe: StripeSettings, kafka: KafkaSettings, event_ids: Sequence[str], account: str | None
) -> list[Record]:
    """The records of Stripe's events, for a replay. Raises StripeFailure, EventNotMapped."""
    topics = Topics(kafka.topic, kafka.unreadable_topic)
    log = stripe_events_reader(stripe, account)
    return [
        record_for_replay(log.event(each), topics, livemode=stripe.livemode) for each in event_ids
    ]


@contextmanager
def backfill(
    stripe: StripeSettings, kafka: KafkaSettings, account: str | None, progress: Progress
) -> Iterator[Backfill]:
    """What compares Stripe's events with our topics."""
    log = stripe_events_reader(stripe, account)
    with topic_readers(kafka) as (events, unreadable):
        yield Backfill(log, events, unreadable, livemode=stripe.livemode, progress=progress)


@contextmanager
def topic_readers(settings: KafkaSettings) -> "Iterator[tuple[KafkaReader, KafkaReader]]":
    """Readers of our two topics, that of the unreadable behind the other."""
    with (
        reader(settings, settings.topic) as events,
        reader(settings, settings.unreadable_topic) as unreadable,
    ):
        yield events, unreadable


def deliver_webhook(
    kafka: KafkaSettings, url: str, event_id: str, body: bytes, signature_header: str
) -> tuple[WebhookResponse, str | None, StoredRecord | None]:
    """Posts a signed body to the daemon at `url` and finds its record in Kafka.

    Returns the answer, and the record with its topic. Raises DaemonNotReached, KafkaFailure.
    """
    from paycli.adapters.webhook_client import post_webhook

    # The daemon answers within the deadline; a second more for the way.
    timeout_seconds = kafka.ack_timeout_seconds + 1
    with topic_readers(kafka) as readers:
        return deliver(
            event_id,
            lambda: post_webhook(url, body, signature_header, timeout_seconds),
            readers,
            timeout_seconds=timeout_seconds,
        )


def deliver_webhooks(
    kafka: KafkaSettings,
    url: str,
    events: Iterable[tuple[str, Callable[[], tuple[bytes, str]]]],
    *,
    concurrency: int,
    per_second: float | None,
) -> Report:
    """Posts many events to the daemon at `url`, and finds their records in Kafka.

    Each has its id, and what makes its body and its signature's header. Raises KafkaFailure.
    """
    from paycli.adapters.webhook_client import post_webhook

    timeout_seconds = kafka.ack_timeout_seconds + 1

    def post(make: Callable[[], tuple[bytes, str]]) -> WebhookResponse:
        return post_webhook(url, *make(), timeout_seconds)

    with topic_readers(kafka) as readers:
        return deliver_many(
            ((event_id, partial(post, make)) for event_id, make in events),
            readers,
            concurrency=concurrency,
            per_second=per_second,
        )


def stripe_account(settings: StripeSettings) -> "StripeAccount":
    """Stripe, to be asked about our set-up; the time of all calls begins."""
    from paycli.adapters.stripe.gateway import StripeGateway

    return StripeGateway(settings).open(None)


def kafka_admin(settings: KafkaSettings) -> "KafkaAdmin":
    """The brokers, to be asked about our topics."""
    from paycli.adapters.kafka.admin import KafkaAdmin

    return KafkaAdmin(settings)


def registry_statuses(settings: DiscoverySettings) -> Iterator[RegistryStatus]:
    """What each registry of the settings knows of the daemon that has them."""
    registries = settings.registries()
    if not registries:
        return
    from paycli.adapters.eureka.probe import probe_registry

    instance = _instance(settings, settings.listen.port)
    for url in registries:
        yield probe_registry(url, instance)


def readiness_status(url: str) -> int | None:
    """What `/readyz` of the daemon at `url` answers, None without an answer."""
    from paycli.adapters.webhook_client import readiness_status

    return readiness_status(url)
