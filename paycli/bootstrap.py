"""The one place that joins settings, adapters and use cases.

Adapters are imported where they are made, since each brings an SDK that takes long to import.
"""

import logging
import os
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paycli import __version__
from paycli.deliveries import deliver
from paycli.events import Topics, Webhooks
from paycli.models import StoredRecord, WebhookAnswer
from paycli.payments import Payments
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

log = logging.getLogger("paycli.traces")

# https://opentelemetry.io/docs/specs/otel/protocol/exporter/
_COLLECTOR = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

if TYPE_CHECKING:
    from paycli.adapters.eureka import EurekaRegistration
    from paycli.adapters.kafka_reader import KafkaReader


@dataclass(frozen=True, slots=True)
class DaemonSettings:
    """All that the daemon needs."""

    stripe: StripeSettings
    webhook: WebhookSettings
    kafka: KafkaSettings
    tokens: TokenSettings
    server: ServerSettings


def preload() -> None:
    """Imports the SDKs, so that workers share them instead of importing them each."""
    import paycli.adapters.kafka_publisher
    import paycli.adapters.stripe_api  # noqa: F401


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


def payments(
    settings: StripeSettings,
    caller_names: Collection[str] = (),
    stripe_called: Callable[[str, float], None] = lambda _outcome, _seconds: None,
    traces: Tracer = NO_TRACER,
) -> Payments:
    """The payments' use cases over the real Stripe; `caller_names` are the daemon's callers.

    `stripe_called` is told of each try: its outcome, `ok` or an error's code, and its seconds.
    """
    from paycli.adapters.stripe_api import StripeGateway

    gateway = StripeGateway(settings, stripe_called, traces)
    return Payments(gateway, settings.max_in_flight, caller_names)


def services(
    settings: DaemonSettings,
    stripe_called: Callable[[str, float], None] = lambda _outcome, _seconds: None,
) -> Services:
    """What one process of the daemon serves; makes connections, so call it after any fork."""
    from paycli.adapters.kafka_publisher import KafkaPublisher

    traces = tracer(settings.server.service_name)
    topics = Topics(settings.kafka.topic, settings.kafka.unreadable_topic)
    publisher = KafkaPublisher(
        settings.kafka,
        topics=(topics.events, topics.unreadable),
        max_waiting=settings.server.threads,
    )
    # Kafka's connections are made in the background while Stripe's SDK is imported.
    callers = settings.tokens.callers()
    payments_ = payments(
        settings.stripe, {name for name in callers.values() if name}, stripe_called, traces
    )
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
        payments=payments_,
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
    from paycli.adapters import eureka
    from paycli.adapters.eureka_client import EurekaClient

    address = settings.advertise or Address(host=settings.listen.host, port=port)
    seconds = settings.eureka_heartbeat_seconds
    return eureka.EurekaRegistration(
        EurekaClient(registries),
        eureka.instance(settings.service_name, address, seconds, __version__),
        seconds,
    )


def reader(settings: KafkaSettings, topic: str) -> "closing[KafkaReader]":
    """A reader of the topic, for a `with`. Raises KafkaError when it is used."""
    from paycli.adapters.kafka_reader import KafkaReader

    return closing(KafkaReader(settings, topic))


def deliver_webhook(
    kafka: KafkaSettings, url: str, event_id: str, body: bytes, signature_header: str
) -> tuple[WebhookAnswer, str | None, StoredRecord | None]:
    """Posts a signed body to the daemon at `url` and finds its record in Kafka.

    Returns the answer, and the record with its topic. Raises DaemonNotReached, KafkaError.
    """
    from paycli.adapters.webhook_client import post_webhook

    # The daemon answers within the deadline; a second more for the way.
    timeout_seconds = kafka.ack_timeout_seconds + 1
    with (
        reader(kafka, kafka.topic) as events,
        reader(kafka, kafka.unreadable_topic) as unreadable,
    ):
        return deliver(
            event_id,
            lambda: post_webhook(url, body, signature_header, timeout_seconds),
            (events, unreadable),
            timeout_seconds=timeout_seconds,
        )
