"""Counted in several processes, read as one; the format is judged by Prometheus's own promtool."""

import os
import subprocess
import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from paycli.models import BrokerStatus
from paycli.webhooks.ingest import IngestResult, Outcome
from server.metrics import Metrics, MetricsRecorder

BUILD = {"version": "1", "mode": "test", "python": "3"}


def samples(text: str) -> dict[str, float]:
    """Return the value of each series."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_promtool_has_nothing_to_say_against_it() -> None:
    """The text is what Prometheus reads, and names, units and help are as it advises."""
    metrics = Metrics(2, BUILD)
    metrics.recorder(0).observe_stripe_request("ok", 0.1)
    checked = subprocess.run(
        ["promtool", "check", "metrics"],
        input=metrics.text().encode(),
        capture_output=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def count_busy(recorder: MetricsRecorder) -> None:
    """Count 40,000 refusals by four threads."""

    def count() -> None:
        for _ in range(10_000):
            recorder.count_problem("busy", None)

    counting = [threading.Thread(target=count) for _ in range(4)]
    for thread in counting:
        thread.start()
    for thread in counting:
        thread.join()


def test_what_several_processes_count_adds_up() -> None:
    """Each process, with several threads, counts into one total; one that dies loses nothing."""
    metrics = Metrics(2, BUILD)
    for worker in (0, 1, 0):  # the third takes the place of the first
        if (child := os.fork()) == 0:
            count_busy(metrics.recorder(worker))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert samples(metrics.text())['paycli_problems_total{code="busy"}'] == 3 * 40_000


def test_what_is_true_of_living_processes_only_goes_with_them() -> None:
    """Gauges are the sum of those that live; a dead one's are cleared, its counters stay."""
    metrics = Metrics(2, BUILD)
    status = BrokerStatus(ready=True, reachable=True, missing_topics=(), waiting=3)
    for worker in (0, 1):
        metrics.recorder(worker).set_worker_state(status, draining=False)
        metrics.recorder(1).observe_stripe_request("ok", 1)
    found = samples(metrics.text())
    assert found["paycli_workers_ready"] == 1, "a new recorder for the second begins at nothing"
    metrics.recorder(1).set_worker_state(status, draining=True)
    found = samples(metrics.text())
    assert (found["paycli_workers"], found["paycli_workers_ready"]) == (2, 1)
    assert found["paycli_kafka_records_unacknowledged"] == 6
    metrics.recorder(0).reset_gauges()
    found = samples(metrics.text())
    assert (found["paycli_workers"], found["paycli_kafka_records_unacknowledged"]) == (1, 3)
    assert found['paycli_stripe_request_duration_seconds_count{outcome="ok"}'] == 2


@settings(deadline=None)  # a test on a busy machine may be slow
@given(
    method=st.sampled_from(["GET", "POST", "BREW"]) | st.text(),
    route=st.none() | st.text() | st.just("/api/v1/payments"),
    status=st.integers(0, 999),
    code=st.text(),
    event_type=st.text(),
)
def test_nothing_from_outside_makes_a_new_series(
    method: str, route: str | None, status: int, code: str, event_type: str
) -> None:
    """Whatever is asked or sent, the series are those of the first moment, and all is counted."""
    metrics = Metrics(1, BUILD)
    known = samples(metrics.text())
    recorder = metrics.recorder(0)
    recorder.request_started("webhook")
    recorder.request_finished("webhook", method, route, status, 0.1)
    recorder.count_problem(code, None)
    recorder.count_webhook(IngestResult("evt_1", Outcome.PUBLISHED, event_type, 0.1, 1.0))
    recorder.observe_stripe_request(code, 0.1)
    found = samples(metrics.text())
    assert found.keys() == known.keys()
    for name in ("paycli_http_requests_total", "paycli_problems_total", "paycli_webhooks_total"):
        assert sum(value for key, value in found.items() if key.startswith(name)) == 1


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), max_size=20))
def test_a_histogram_counts_what_is_at_most_its_bound(seconds: list[float]) -> None:
    """Each bucket has all values up to its bound, and it too; the last one has all."""
    metrics = Metrics(1, BUILD)
    recorder = metrics.recorder(0)
    for each in seconds:
        recorder.observe_stripe_request("ok", each)
    found = samples(metrics.text())
    for bound in (0.0005, 0.05, 1, 10):
        name = f'paycli_stripe_request_duration_seconds_bucket{{outcome="ok",le="{bound}"}}'
        assert found[name] == len([each for each in seconds if each <= bound])
    assert found['paycli_stripe_request_duration_seconds_count{outcome="ok"}'] == len(seconds)
    name = 'paycli_stripe_request_duration_seconds_bucket{outcome="ok",le="+Inf"}'
    assert found[name] == len(seconds)
