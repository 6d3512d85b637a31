"""Records what happens in one process, with a method per event, in the shared counters."""

import threading
from bisect import bisect_left
from collections.abc import Mapping
from typing import TypeAlias

from paycli.models import BrokerStatus
from paycli.webhooks.ingest import IngestResult
from server.metrics import definitions
from server.metrics.definitions import METRICS, OTHER, LabelValues, MetricDefinition
from server.metrics.exposition import expose
from server.metrics.shared_counters import SharedCounters

_Columns: TypeAlias = dict[MetricDefinition, dict[LabelValues, int]]


def _assign_columns() -> tuple[_Columns, int]:
    """Returns the column of a row where each series starts, and the number of columns."""
    starts: _Columns = {}
    count = 0
    for metric in METRICS:
        starts[metric] = {}
        for label_values in metric.series:
            starts[metric][label_values] = count
            count += metric.columns
    return starts, count


_COLUMNS, _COLUMN_COUNT = _assign_columns()


class Metrics:
    """The metrics of a daemon: `workers` is how many it has, `build` the labels of its build."""

    def __init__(self, workers: int, build: Mapping[str, str]) -> None:
        self._counters = SharedCounters(workers + 1, _COLUMN_COUNT)
        self._build = build
        self._supervisor_row = workers

    def recorder(self, worker: int) -> "MetricsRecorder":
        """Returns the recorder of a worker, numbered from 0.

        It continues the counters of the worker's predecessor.
        """
        return MetricsRecorder(self, self._counters.row(worker))

    def supervisor_recorder(self) -> "MetricsRecorder":
        """Returns the recorder of the supervisor process."""
        return MetricsRecorder(self, self._counters.row(self._supervisor_row))

    def text(self) -> str:
        """Returns all metrics in Prometheus's text format."""
        return expose(self._counters.sums(), _COLUMNS, self._build)

    def value(self, metric: MetricDefinition, *label_values: str) -> float:
        """Returns the value of a counter or gauge, summed over all processes."""
        return self._counters.sums()[_COLUMNS[metric][label_values]]


class MetricsRecorder:
    """Records the metrics of one process; usable from any of its threads."""

    def __init__(self, metrics: Metrics, row: "memoryview[float]") -> None:
        self.metrics = metrics
        self._row = row
        self._lock = threading.Lock()
        self.reset_gauges()

    def reset_gauges(self) -> None:
        """Sets the gauges, which only a running process has values for, to 0."""
        for metric in METRICS:
            if metric.kind == "gauge":
                for column in _COLUMNS[metric].values():
                    self._row[column] = 0

    def request_started(self, kind: str) -> None:
        """Counts a request as in flight; `kind` is a label value of `IN_FLIGHT`."""
        with self._lock:
            self._add(definitions.IN_FLIGHT, (kind,))

    def request_finished(
        self, kind: str, method: str, route: str | None, status: int, seconds: float
    ) -> None:
        """Counts a response; `route` is the path's template, None if no route matched."""
        labels = (method, route or OTHER)
        if labels not in _COLUMNS[definitions.REQUEST_DURATION]:
            labels = (OTHER, OTHER)
        with self._lock:
            self._add(definitions.IN_FLIGHT, (kind,), -1)
            self._add(definitions.REQUESTS, (*labels, str(status)))
            self._observe(definitions.REQUEST_DURATION, labels, seconds)

    def count_problem(self, code: str, cause: str | None) -> None:
        """Counts an error response; `cause` is why signature verification failed, if it did."""
        with self._lock:
            self._add(definitions.PROBLEMS, (code,))
            if cause is not None:
                self._add(definitions.SIGNATURE_FAILURES, (cause,))

    def count_webhook(self, result: IngestResult) -> None:
        """Counts a webhook that returned 200."""
        labels = (result.event_type, result.outcome)
        if labels not in _COLUMNS[definitions.WEBHOOKS]:
            labels = (OTHER, result.outcome)
        with self._lock:
            self._add(definitions.WEBHOOKS, labels)
            if result.age_seconds is not None:
                self._observe(definitions.ACK_DURATION, (), result.publish_seconds)
                self._observe(definitions.EVENT_AGE, (), result.age_seconds)

    def observe_stripe_request(self, outcome: str, seconds: float) -> None:
        """Observes one attempt of a request to Stripe; `outcome` is `ok` or the error's code."""
        labels = (outcome,)
        if labels not in _COLUMNS[definitions.STRIPE_REQUEST_DURATION]:
            labels = (OTHER,)
        with self._lock:
            self._observe(definitions.STRIPE_REQUEST_DURATION, labels, seconds)

    def set_worker_state(self, broker: BrokerStatus, *, draining: bool) -> None:
        """Sets the gauges of this process and its connection to Kafka."""
        self._set(definitions.WORKERS, 1)
        self._set(definitions.WORKERS_READY, broker.ready and not draining)
        self._set(definitions.WORKERS_KAFKA_REACHABLE, broker.reachable)
        self._set(definitions.WORKERS_TOPICS_MISSING, bool(broker.missing_topics))
        self._set(definitions.KAFKA_UNACKNOWLEDGED, broker.waiting)

    def count_worker_exit(self) -> None:
        """Counts a worker process that exited unexpectedly."""
        with self._lock:
            self._add(definitions.WORKER_EXITS, ())

    def count_dropped_log_lines(self, lines: int) -> None:
        """Counts log lines that were not written."""
        with self._lock:
            self._add(definitions.LOG_LINES_DROPPED, (), lines)

    def set_registered(self, *, registered: bool) -> None:
        """Sets whether the registry that is configured has the instance."""
        # In this order, a scrape in between never shows a registered instance as missing.
        self._set(definitions.REGISTRY_REGISTERED, registered)
        self._set(definitions.REGISTRY_CONFIGURED, 1)

    def _add(self, metric: MetricDefinition, labels: LabelValues, amount: float = 1) -> None:
        """Adds to a series, or to that of `other` for unknown labels. Needs the lock."""
        columns = _COLUMNS[metric]
        column = columns.get(labels)
        if column is None:
            column = columns[(OTHER,) * len(labels)]
        self._row[column] += amount

    def _set(self, metric: MetricDefinition, value: float) -> None:
        self._row[_COLUMNS[metric][()]] = value

    def _observe(self, metric: MetricDefinition, labels: LabelValues, value: float) -> None:
        """Adds to the first bucket whose bound is at least the value, and to the sum.

        Needs the lock.
        """
        start = _COLUMNS[metric][labels]
        sum_column = start + len(metric.buckets) + 1
        self._row[start + bisect_left(metric.buckets, value)] += 1
        self._row[sum_column] += value
