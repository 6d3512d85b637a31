"""Creates the services of one daemon process."""

import logging
import os
import threading
from dataclasses import dataclass

from paycli import __version__
from paycli.bootstrap.kafka import topics
from paycli.bootstrap.stripe import OnStripeCall, access, ignore_stripe_call
from paycli.events.topics import Topics
from paycli.payments.use_cases import UseCases
from paycli.services import Services
from paycli.settings import (
    KafkaSettings,
    ServerSettings,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)
from paycli.tracing import NO_TRACER, Tracer
from paycli.waiting import NewEvent
from paycli.webhooks.ingest import Webhooks

log = logging.getLogger("paycli.traces")

# https://opentelemetry.io/docs/specs/otel/protocol/exporter/
_COLLECTOR_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@dataclass(frozen=True, slots=True)
class DaemonSettings:
    """All settings of the daemon; `topics` has what it read once from the file of schema ids."""

    stripe: StripeSettings
    webhook: WebhookSettings
    kafka: KafkaSettings
    tokens: TokenSettings
    server: ServerSettings
    topics: Topics

    @classmethod
    def of(
        cls,
        stripe: StripeSettings,
        webhook: WebhookSettings,
        kafka: KafkaSettings,
        tokens: TokenSettings,
        server: ServerSettings,
    ) -> "DaemonSettings":
        """Returns the settings, with the file that they name. Raises SettingsInvalid."""
        return cls(stripe, webhook, kafka, tokens, server, topics(kafka))


def import_sdks() -> None:
    """Imports the SDKs before the fork, so that the workers share their memory."""
    import paycli.adapters.kafka.publisher
    import paycli.adapters.stripe.gateway  # noqa: F401  (imported for its side effect)


def tracer(service_name: str) -> Tracer:
    """Returns a tracer as OpenTelemetry's environment variables configure it.

    Without them, the result records nothing and no SDK is imported.
    """
    if not any(os.environ.get(name) for name in _COLLECTOR_VARIABLES):
        return NO_TRACER
    try:
        from paycli.adapters.otel import OtelTracer
    except ImportError:
        # Some platforms set the variables for every process, so a missing SDK is no fatal error.
        log.warning("traces_unavailable", extra={"detail": "pip install 'paycli[otel]'"})
        return NO_TRACER
    return OtelTracer(service_name, __version__)


def services(
    settings: DaemonSettings,
    on_stripe_call: OnStripeCall = ignore_stripe_call,
    new_event: NewEvent = threading.Event,
) -> Services:
    """Returns the services of one process, whose webhooks wait with `new_event`.

    Opens connections: call it after a fork, not before.
    """
    from paycli.adapters.kafka.publisher import KafkaPublisher

    traces = tracer(settings.server.service_name)
    # Created first: it connects in the background while Stripe's SDK is imported.
    publisher = KafkaPublisher(
        settings.kafka,
        topics=(settings.topics.events, settings.topics.unreadable),
        max_in_flight=settings.server.webhook_max_in_flight,
        new_event=new_event,
    )
    callers = settings.tokens.callers()
    caller_names = {name for name in callers.values() if name}
    stripe_access = access(settings.stripe, caller_names, on_stripe_call, traces)
    webhooks = Webhooks(
        publisher,
        settings.topics,
        secrets=settings.webhook.secret_values(),
        tolerance_seconds=settings.webhook.tolerance_seconds,
        livemode=settings.stripe.livemode,
        tracer=traces,
    )

    def close() -> None:
        publisher.close()
        traces.close()

    return Services(
        use_cases=UseCases(stripe_access),
        webhooks=webhooks,
        broker=publisher,
        callers=callers,
        permissions=settings.tokens.permissions(),
        close=close,
        tracer=traces,
    )
