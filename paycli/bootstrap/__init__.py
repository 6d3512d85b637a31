"""The composition root: joins settings, adapters and use cases.

An adapter is imported in the function that creates it, because its SDK takes long to import.
"""

from paycli.bootstrap.daemon import DaemonSettings, import_sdks, services, tracer
from paycli.bootstrap.eureka import registration, registry_statuses
from paycli.bootstrap.kafka import kafka_admin, publisher, reader, topic_readers, topics
from paycli.bootstrap.ops import (
    backfill,
    deliver_webhook,
    deliver_webhooks,
    readiness_status,
    records_from_stripe,
)
from paycli.bootstrap.schemas import schema_registry
from paycli.bootstrap.stripe import stripe_account, stripe_events_reader, use_cases

__all__ = [
    "DaemonSettings",
    "backfill",
    "deliver_webhook",
    "deliver_webhooks",
    "import_sdks",
    "kafka_admin",
    "publisher",
    "reader",
    "readiness_status",
    "records_from_stripe",
    "registration",
    "registry_statuses",
    "schema_registry",
    "services",
    "stripe_account",
    "stripe_events_reader",
    "topic_readers",
    "topics",
    "tracer",
    "use_cases",
]
