"""Short runs: with seeded faults, and with one outage each."""

import re

import pytest

from chaos import outages, page
from chaos.plan import SHORT, plan
from chaos.recording import responses_by_status
from chaos.run import run

pytestmark = pytest.mark.timeout(300)

SEED = 7


def assert_loads_nothing(report: str) -> None:
    """Assert that a report refers to no external resource."""
    assert not re.search(r"\b(?:src|href)=|@import|url\(", report)


def test_no_acknowledged_event_is_lost_during_faults() -> None:
    """While leaders, daemons, links and clocks fail, every webhook is persisted."""
    result = run(SHORT, SEED)
    assert result.verdict.problems == {}
    assert result.verdict.sent == SHORT.webhooks
    counts = result.recording.counts()
    assert sum(counts.values()) == len(plan(SHORT, SEED))
    responses = responses_by_status(result.recording.attempts)
    assert responses["200"] == SHORT.webhooks
    assert responses.keys() <= {"200", "400", "503", "no response"}
    assert responses.keys() > {"200"}, "the faults had no effect"
    report = page.faults_report(result, "scripts/chaos faults --seed 7", SEED).page
    assert "The guarantee holds." in report
    assert "scripts/chaos faults --seed 7" in report
    assert_loads_nothing(report)


def test_every_response_without_a_topic_is_503() -> None:
    """Without its topic every webhook gets 503, no daemon creates it, and then all recover."""
    outage = outages.topic_deleted(SEED)
    assert outage.responses.keys() == {"503"}
    assert outage.verdict.problems == {}
    assert outage.recovery_seconds < 10
    assert outage.holds


def test_every_response_with_full_disks_is_503() -> None:
    """While the brokers' disks are full every webhook gets 503, and then all recover."""
    try:
        outage = outages.disk_full(SEED)
    except outages.CannotMountError as error:
        pytest.skip(str(error))
    assert outage.responses.keys() == {"503"}
    assert outage.verdict.problems == {}
    assert outage.holds
