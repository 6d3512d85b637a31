"""Every metric of the daemon.

Labels have values from lists that are known before the first request, so nobody outside can make a
new series. Names and units: https://prometheus.io/docs/practices/naming/.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from paycli import errors
from paycli.events.catalogue import CATALOGUE
from paycli.webhooks.ingest import Outcome
from paycli.webhooks.signature import Cause
from server.openapi.operations import OPERATIONS, Operation
from server.problems import HTTP_CODES, STATUS

OTHER = "other"
"""The value of a label for all that is in no list."""

Labels = tuple[str, ...]
Kind = Literal["counter", "gauge", "histogram"]

_QUICK = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_AGES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0, 21600.0, 86400.0, 259200.0)


@dataclass(frozen=True, slots=True, eq=False)
class MetricDefinition:
    """A metric: `series` are all values that its `labels` can have together."""

    name: str
    kind: Kind
    help: str
    labels: Labels = ()
    series: tuple[Labels, ...] = ((),)
    buckets: tuple[float, ...] = ()

    @property
    def cells(self) -> int:
        """How many numbers one series has: a histogram's buckets, +Inf and the sum."""
        return len(self.buckets) + 2 if self.kind == "histogram" else 1


def _statuses(operation: Operation) -> set[int]:
    failures = {it if isinstance(it, HTTPStatus) else STATUS[it] for it in operation.failures}
    unready = {HTTPStatus.SERVICE_UNAVAILABLE}
    return {int(status) for status in {operation.status, *failures, *unready}}


_ROUTES = tuple((it.method.upper(), it.path) for it in OPERATIONS)
_ANSWERS = tuple(
    (*route, str(status))
    for route, operation in zip(_ROUTES, OPERATIONS, strict=True)
    for status in sorted(_statuses(operation))
)
# A token is looked at before the route, so its refusal has none.
_UNROUTED = tuple(
    (OTHER, OTHER, str(int(status))) for status in (*HTTP_CODES, HTTPStatus.UNAUTHORIZED)
)
_TYPES = (*CATALOGUE, OTHER)
_CODES = sorted({*(kind.code for kind in STATUS), *HTTP_CODES.values()})
_STRIPE_CODES = sorted({kind.code for kind in STATUS if issubclass(kind, errors.StripeFailure)})

REQUESTS = MetricDefinition(
    "paycli_http_requests_total",
    "counter",
    "Requests answered.",
    ("method", "route", "status"),
    (*_ANSWERS, *_UNROUTED, (OTHER, OTHER, OTHER)),
)
REQUEST_SECONDS = MetricDefinition(
    "paycli_http_request_duration_seconds",
    "histogram",
    "From the whole request to its answer.",
    ("method", "route"),
    (*_ROUTES, (OTHER, OTHER)),
    _QUICK,
)
IN_FLIGHT = MetricDefinition(
    "paycli_http_requests_in_flight",
    "gauge",
    "Requests that are being answered.",
    ("kind",),
    (("webhook",), ("payment",), (OTHER,)),
)
PROBLEMS = MetricDefinition(
    "paycli_problems_total",
    "counter",
    "Answers that were errors, by their code.",
    ("code",),
    tuple((code,) for code in (*_CODES, OTHER)),
)
WEBHOOKS = MetricDefinition(
    "paycli_webhooks_total",
    "counter",
    "Webhooks answered with 200, by Stripe's type and what became of them.",
    ("type", "outcome"),
    tuple((type_, outcome.value) for type_ in _TYPES for outcome in Outcome),
)
ACK_SECONDS = MetricDefinition(
    "paycli_kafka_ack_duration_seconds",
    "histogram",
    "How long a webhook waited for Kafka's acknowledgement.",
    buckets=_QUICK,
)
EVENT_AGE_SECONDS = MetricDefinition(
    "paycli_event_age_seconds",
    "histogram",
    "From the event at Stripe to its record being persisted.",
    buckets=_AGES,
)
SIGNATURE_FAILURES = MetricDefinition(
    "paycli_signature_failures_total",
    "counter",
    "Webhooks whose signature does not hold, by cause.",
    ("cause",),
    tuple((cause.value,) for cause in Cause),
)
STRIPE_SECONDS = MetricDefinition(
    "paycli_stripe_request_duration_seconds",
    "histogram",
    "Calls to Stripe, each try by itself, by outcome: ok, or the error's code.",
    ("outcome",),
    tuple((code,) for code in ("ok", *_STRIPE_CODES, OTHER)),
    _QUICK,
)
KAFKA_WAITING = MetricDefinition(
    "paycli_kafka_records_unacknowledged",
    "gauge",
    "Records in the producers that Kafka has not acknowledged.",
)
WORKERS = MetricDefinition("paycli_workers", "gauge", "Processes that serve.")
WORKERS_READY = MetricDefinition("paycli_workers_ready", "gauge", "Processes that are ready.")
WORKERS_REACHING_KAFKA = MetricDefinition(
    "paycli_workers_kafka_reachable", "gauge", "Processes that reach a Kafka broker."
)
WORKERS_MISSING_TOPICS = MetricDefinition(
    "paycli_workers_topics_missing", "gauge", "Processes that miss one of the topics."
)
WORKER_DEATHS = MetricDefinition(
    "paycli_worker_exits_total", "counter", "Processes that ended by themselves."
)
REGISTRY_CONFIGURED = MetricDefinition(
    "paycli_registry_configured", "gauge", "1 if a service registry is configured, else 0."
)
REGISTRY_REGISTERED = MetricDefinition(
    "paycli_registry_registered", "gauge", "1 if a service registry has the instance, else 0."
)

METRICS = (
    REQUESTS,
    REQUEST_SECONDS,
    IN_FLIGHT,
    PROBLEMS,
    WEBHOOKS,
    ACK_SECONDS,
    EVENT_AGE_SECONDS,
    SIGNATURE_FAILURES,
    STRIPE_SECONDS,
    KAFKA_WAITING,
    WORKERS,
    WORKERS_READY,
    WORKERS_REACHING_KAFKA,
    WORKERS_MISSING_TOPICS,
    WORKER_DEATHS,
    REGISTRY_CONFIGURED,
    REGISTRY_REGISTERED,
)
"""All that is on the board; beside them there is only `paycli_build_info`."""
