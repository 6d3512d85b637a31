"""Every metric of the daemon.

Label values come from lists that are known before the first request, so that no client can create
a series. Names and units follow https://prometheus.io/docs/practices/naming/.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from paycli import errors
from paycli.events.catalogue import CATALOGUE
from paycli.webhooks.ingest import Outcome
from paycli.webhooks.signature import Cause
from server.openapi.operations import OPERATIONS, Operation
from server.problems import HTTP_CODES, PROBLEM_TYPES

OTHER = "other"
"""The label value for everything that is in no list."""

LabelValues = tuple[str, ...]
Kind = Literal["counter", "gauge", "histogram"]

_DURATIONS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_AGES = (0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 21_600, 86_400, 259_200)
"""Bounds of buckets, in seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class MetricDefinition:
    """A metric; `series` lists every combination of values that its `labels` can have."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    series: tuple[LabelValues, ...] = ((),)
    buckets: tuple[float, ...] = ()

    @property
    def columns(self) -> int:
        """How many numbers a series has: for a histogram its buckets, +Inf and the sum, else 1."""
        return len(self.buckets) + 2 if self.kind == "histogram" else 1


def _statuses(operation: Operation) -> set[int]:
    failures = {
        failure if isinstance(failure, HTTPStatus) else PROBLEM_TYPES[failure].status
        for failure in operation.failures
    }
    return {int(status) for status in {operation.status, HTTPStatus.SERVICE_UNAVAILABLE, *failures}}


_ROUTES = tuple((operation.method.upper(), operation.path) for operation in OPERATIONS)
_RESPONSES = tuple(
    (*route, str(status))
    for route, operation in zip(_ROUTES, OPERATIONS, strict=True)
    for status in sorted(_statuses(operation))
)
# The token is checked before routing, so a 401 has no route.
_UNROUTED = tuple(
    (OTHER, OTHER, str(int(status))) for status in (*HTTP_CODES, HTTPStatus.UNAUTHORIZED)
)
_EVENT_TYPES = (*CATALOGUE, OTHER)
_CODES = sorted({*(error.code for error in PROBLEM_TYPES), *HTTP_CODES.values()})
_STRIPE_CODES = sorted(
    {error.code for error in PROBLEM_TYPES if issubclass(error, errors.StripeFailure)}
)

REQUESTS = MetricDefinition(
    "paycli_http_requests_total",
    "counter",
    "HTTP requests completed.",
    ("method", "route", "status"),
    (*_RESPONSES, *_UNROUTED, (OTHER, OTHER, OTHER)),
)
REQUEST_DURATION = MetricDefinition(
    "paycli_http_request_duration_seconds",
    "histogram",
    "Time from receiving a complete request to its response.",
    ("method", "route"),
    (*_ROUTES, (OTHER, OTHER)),
    _DURATIONS,
)
IN_FLIGHT = MetricDefinition(
    "paycli_http_requests_in_flight",
    "gauge",
    "HTTP requests that are being processed.",
    ("kind",),
    (("webhook",), ("api",), (OTHER,)),
)
PROBLEMS = MetricDefinition(
    "paycli_problems_total",
    "counter",
    "Error responses, by problem code.",
    ("code",),
    tuple((code,) for code in (*_CODES, OTHER)),
)
WEBHOOKS = MetricDefinition(
    "paycli_webhooks_total",
    "counter",
    "Webhooks that returned 200, by Stripe's event type and outcome.",
    ("type", "outcome"),
    tuple((event_type, outcome.value) for event_type in _EVENT_TYPES for outcome in Outcome),
)
ACK_DURATION = MetricDefinition(
    "paycli_kafka_ack_duration_seconds",
    "histogram",
    "Time that a webhook waited for Kafka's acknowledgement.",
    buckets=_DURATIONS,
)
EVENT_AGE = MetricDefinition(
    "paycli_event_age_seconds",
    "histogram",
    "Time from the event at Stripe to the acknowledgement of its record.",
    buckets=_AGES,
)
SIGNATURE_FAILURES = MetricDefinition(
    "paycli_signature_failures_total",
    "counter",
    "Webhooks that failed signature verification, by cause.",
    ("cause",),
    tuple((cause.value,) for cause in Cause),
)
STRIPE_REQUEST_DURATION = MetricDefinition(
    "paycli_stripe_request_duration_seconds",
    "histogram",
    "Requests to Stripe, each attempt separately, by outcome: ok or the error code.",
    ("outcome",),
    tuple((code,) for code in ("ok", *_STRIPE_CODES, OTHER)),
    _DURATIONS,
)
KAFKA_UNACKNOWLEDGED = MetricDefinition(
    "paycli_kafka_records_unacknowledged",
    "gauge",
    "Records that were produced and not yet acknowledged.",
)
WORKERS = MetricDefinition("paycli_workers", "gauge", "Running worker processes.")
WORKERS_READY = MetricDefinition(
    "paycli_workers_ready", "gauge", "Worker processes that are ready."
)
WORKERS_KAFKA_REACHABLE = MetricDefinition(
    "paycli_workers_kafka_reachable", "gauge", "Worker processes that reach a Kafka broker."
)
WORKERS_TOPICS_MISSING = MetricDefinition(
    "paycli_workers_topics_missing", "gauge", "Worker processes for which a topic is missing."
)
WORKER_EXITS = MetricDefinition(
    "paycli_worker_exits_total", "counter", "Worker processes that exited unexpectedly."
)
LOG_LINES_DROPPED = MetricDefinition(
    "paycli_log_lines_dropped_total",
    "counter",
    "Log lines that were not written, because standard error was not read or failed.",
)
REGISTRY_CONFIGURED = MetricDefinition(
    "paycli_registry_configured", "gauge", "1 if a service registry is configured, else 0."
)
REGISTRY_REGISTERED = MetricDefinition(
    "paycli_registry_registered", "gauge", "1 if a service registry has the instance, else 0."
)

METRICS = (
    REQUESTS,
    REQUEST_DURATION,
    IN_FLIGHT,
    PROBLEMS,
    WEBHOOKS,
    ACK_DURATION,
    EVENT_AGE,
    SIGNATURE_FAILURES,
    STRIPE_REQUEST_DURATION,
    KAFKA_UNACKNOWLEDGED,
    WORKERS,
    WORKERS_READY,
    WORKERS_KAFKA_REACHABLE,
    WORKERS_TOPICS_MISSING,
    WORKER_EXITS,
    LOG_LINES_DROPPED,
    REGISTRY_CONFIGURED,
    REGISTRY_REGISTERED,
)
"""Every metric with counters; the only other one is `paycli_build_info`."""
