"""One process's hand on the board: what happened goes in by a method each."""

import threading
from bisect import bisect_left
from collections.abc import Mapping

from paycli.models import BrokerStatus
from paycli.webhooks.ingest import IngestResult
from server.metrics import definitions as of
from server.metrics.definitions import METRICS, OTHER, Labels, MetricDefinition
from server.metrics.exposition import BUILD_INFO, expose
from server.metrics.shared_counters import SharedCounters

_PLACES: dict[MetricDefinition, dict[Labels, int]] = {}
"""Where on a row each series begins."""

_CELLS = 0
for _family in METRICS:
    _PLACES[_family] = {}
    for _labels in _family.series:
        _PLACES[_family][_labels] = _CELLS
        _CELLS += _family.cells


class Metrics:
    """The board of a daemon with so many workers; `build` are the labels of its build info."""

    def __init__(self, workers: int, build: Mapping[str, str]) -> None:
        self._board = SharedCounters(workers + 1, _CELLS)
        self._build = {BUILD_INFO: build}
        self._supervisor = workers

    def recorder(self, worker: int) -> "MetricsRecorder":
        """For the process of a worker, counted from 0: it counts on from its predecessor."""
        return MetricsRecorder(self, self._board.row(worker))

    def supervisor_recorder(self) -> "MetricsRecorder":
        """For the process that only watches the others."""
        return MetricsRecorder(self, self._board.row(self._supervisor))

    def text(self) -> str:
        """All of it in Prometheus's text format."""
        return expose(self._board.sums(), _PLACES, self._build)

    def value(self, family: MetricDefinition, *labels: str) -> float:
        """One number, over all processes."""
        return self._board.sums()[_PLACES[family][labels]]


class MetricsRecorder:
    """Counts for one process, from any of its threads."""

    def __init__(self, metrics: Metrics, row: "memoryview[float]") -> None:
        self.metrics = metrics
        self._row = row
        self._lock = threading.Lock()
        self.reset_gauges()

    def reset_gauges(self) -> None:
        """Sets what is true only of a living process back to 0."""
        for family in METRICS:
            if family.kind == "gauge":
                for place in _PLACES[family].values():
                    self._row[place] = 0

    def request_started(self, kind: str) -> None:
        """A request of a kind of `IN_FLIGHT` is being answered from now on."""
        with self._lock:
            self._add(of.IN_FLIGHT, (kind,))

    def request_finished(
        self, kind: str, method: str, route: str | None, status: int, seconds: float
    ) -> None:
        """It has its answer; `route` is the path's template, None where there is none."""
        place = (method, route or OTHER)
        if place not in _PLACES[of.REQUEST_SECONDS]:
            place = (OTHER, OTHER)
        with self._lock:
            self._add(of.IN_FLIGHT, (kind,), -1)
            self._add(of.REQUESTS, (*place, str(status)))
            self._observe(of.REQUEST_SECONDS, place, seconds)

    def count_problem(self, code: str, cause: str | None) -> None:
        """An answer was an error; `cause` is that of a signature."""
        with self._lock:
            self._add(of.PROBLEMS, (code,))
            if cause is not None:
                self._add(of.SIGNATURE_FAILURES, (cause,))

    def count_webhook(self, receipt: IngestResult) -> None:
        """A webhook was answered with 200."""
        labels = (receipt.event_type, receipt.outcome)
        if labels not in _PLACES[of.WEBHOOKS]:
            labels = (OTHER, receipt.outcome)
        with self._lock:
            self._add(of.WEBHOOKS, labels)
            if receipt.age_seconds is not None:
                self._observe(of.ACK_SECONDS, (), receipt.publish_seconds)
                self._observe(of.EVENT_AGE_SECONDS, (), receipt.age_seconds)

    def observe_stripe_request(self, outcome: str, seconds: float) -> None:
        """One try to call Stripe has ended, with `ok` or an error's code."""
        labels = (outcome,) if (outcome,) in _PLACES[of.STRIPE_SECONDS] else (OTHER,)
        with self._lock:
            self._observe(of.STRIPE_SECONDS, labels, seconds)

    def set_worker_state(self, broker: BrokerStatus, *, draining: bool) -> None:
        """How it stands with this process and Kafka now."""
        self._set(of.WORKERS, (), 1)
        self._set(of.WORKERS_READY, (), broker.ready and not draining)
        self._set(of.WORKERS_REACHING_KAFKA, (), broker.reachable)
        self._set(of.WORKERS_MISSING_TOPICS, (), bool(broker.missing_topics))
        self._set(of.KAFKA_WAITING, (), broker.waiting)

    def count_worker_exit(self) -> None:
        """Another process ended by itself."""
        with self._lock:
            self._add(of.WORKER_DEATHS, ())

    def set_registered(self, *, registered: bool) -> None:
        """How it stands with the registry now."""
        self._set(of.REGISTRY_REGISTERED, (), registered)
        self._set(of.REGISTRY_CONFIGURED, (), 1)

    def _add(self, family: MetricDefinition, labels: Labels, amount: float = 1) -> None:
        """Whoever calls it has the lock, as with `_observe`."""
        places = _PLACES[family]
        place = places.get(labels)
        if place is None:
            place = places[(OTHER,) * len(labels)]
        self._row[place] += amount

    def _set(self, family: MetricDefinition, labels: Labels, value: float) -> None:
        self._row[_PLACES[family][labels]] = value

    def _observe(self, family: MetricDefinition, labels: Labels, value: float) -> None:
        """Into the first bucket whose bound is not below the value, or +Inf; then the sum."""
        place = _PLACES[family][labels]
        bucket = place + bisect_left(family.buckets, value)
        total = place + len(family.buckets) + 1
        self._row[bucket] += 1
        self._row[total] += value
