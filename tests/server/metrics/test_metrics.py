"""Metrics of several processes add up, in a format that Prometheus's promtool accepts."""

import os
import subprocess
import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.tools import installed
from paycli.models import BrokerStatus
from paycli.webhooks.ingest import IngestResult, Outcome
from server.metrics import Metrics, MetricsRecorder

BUILD = {"version": "1", "mode": "test", "python": "3"}


def samples(text: str) -> dict[str, float]:
    """Returns the value of each series."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_promtool_accepts_the_metrics() -> None:
    """The format is valid, and names, units and help texts follow the conventions."""
    metrics = Metrics(2, BUILD)
    metrics.recorder(0).observe_stripe_request("ok", 0.1)
    result = subprocess.run(
        [installed("promtool"), "check", "metrics"],
        input=metrics.text().encode(),
        capture_output=True,
        check=False,
    )
    assert (result.returncode, result.stdout + result.stderr) == (0, b"")


def count_busy(recorder: MetricsRecorder) -> None:
    """Counts 40,000 problems in four threads."""

    def count() -> None:
        for _ in range(10_000):
            recorder.count_problem("busy", None)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_counters_of_several_processes_add_up() -> None:
    """Processes with several threads count into one total, also after one has exited."""
    metrics = Metrics(2, BUILD)
    for worker in (0, 1, 0):  # the third process replaces the first
        if (child := os.fork()) == 0:
            count_busy(metrics.recorder(worker))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert samples(metrics.text())['paycli_problems_total{code="busy"}'] == 3 * 40_000


def test_gauges_end_with_their_process() -> None:
    """A gauge is the sum over running processes; counters of exited ones stay."""
    metrics = Metrics(2, BUILD)
    status = BrokerStatus(ready=True, reachable=True, missing_topics=(), waiting=3)
    for worker in (0, 1):
        metrics.recorder(worker).set_worker_state(status, draining=False)
        metrics.recorder(1).observe_stripe_request("ok", 1)
    values = samples(metrics.text())
    assert values["paycli_workers_ready"] == 1, "a new recorder resets the gauges"
    metrics.recorder(1).set_worker_state(status, draining=True)
    values = samples(metrics.text())
    assert (values["paycli_workers"], values["paycli_workers_ready"]) == (2, 1)
    assert values["paycli_kafka_records_unacknowledged"] == 6
    metrics.recorder(0).reset_gauges()
    values = samples(metrics.text())
    assert (values["paycli_workers"], values["paycli_kafka_records_unacknowledged"]) == (1, 3)
    assert values['paycli_stripe_request_duration_seconds_count{outcome="ok"}'] == 2


@settings(deadline=None)  # the machine can be under load
@given(
    method=st.sampled_from(["GET", "POST", "BREW"]) | st.text(),
    route=st.none() | st.text() | st.just("/api/v1/payments"),
    status=st.integers(0, 999),
    code=st.text(),
    event_type=st.text(),
)
def test_no_input_creates_a_new_series(
    method: str, route: str | None, status: int, code: str, event_type: str
) -> None:
    """For any input the series stay the same, and the input is counted."""
    metrics = Metrics(1, BUILD)
    initial = samples(metrics.text())
    recorder = metrics.recorder(0)
    recorder.request_started("webhook")
    recorder.request_finished("webhook", method, route, status, 0.1)
    recorder.count_problem(code, None)
    recorder.count_webhook(IngestResult("evt_1", Outcome.PUBLISHED, event_type, 0.1, 1.0))
    recorder.observe_stripe_request(code, 0.1)
    values = samples(metrics.text())
    assert values.keys() == initial.keys()
    for name in ("paycli_http_requests_total", "paycli_problems_total", "paycli_webhooks_total"):
        assert sum(value for key, value in values.items() if key.startswith(name)) == 1


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), max_size=20))
def test_a_bucket_counts_values_up_to_its_bound(seconds: list[float]) -> None:
    """Each bucket includes its bound, and the last one counts all values."""
    metrics = Metrics(1, BUILD)
    recorder = metrics.recorder(0)
    for each in seconds:
        recorder.observe_stripe_request("ok", each)
    values = samples(metrics.text())
    for bound in (0.0005, 0.05, 1, 10):
        name = f'paycli_stripe_request_duration_seconds_bucket{{outcome="ok",le="{bound}"}}'
        assert values[name] == len([each for each in seconds if each <= bound])
    assert values['paycli_stripe_request_duration_seconds_count{outcome="ok"}'] == len(seconds)
    name = 'paycli_stripe_request_duration_seconds_bucket{outcome="ok",le="+Inf"}'
    assert values[name] == len(seconds)
