"""The promise under failure, in short: runs with faults by seed and with one outage each."""

import re

import pytest

from chaos import outages, page
from chaos.plan import SHORT, plan
from chaos.recording import answers_by_status
from chaos.run import run

pytestmark = pytest.mark.timeout(300)

SEED = 7


def assert_loads_nothing(report: str) -> None:
    """A report names no address from which something would be loaded."""
    assert not re.search(r"\b(?:src|href)=|@import|url\(", report)


def test_nothing_acknowledged_is_lost_while_things_break() -> None:
    """Leaders, daemons, links and clocks fail by seed: all webhooks arrive, whole, none is lost."""
    result = run(SHORT, SEED)
    assert result.verdict.problems == {}
    assert result.verdict.sent == SHORT.webhooks
    happened = result.recording.counts()
    assert sum(happened.values()) == len(plan(SHORT, SEED))
    answers = answers_by_status(result.recording.attempts)
    assert answers["200"] == SHORT.webhooks
    assert answers.keys() <= {"200", "400", "503", "no answer"}
    assert answers.keys() > {"200"}, "the faults were felt"
    report = page.of_faults(result, "scripts/chaos faults --seed 7", SEED)
    assert "The promise is kept." in report
    assert "scripts/chaos faults --seed 7" in report
    assert_loads_nothing(report)


def test_a_deleted_topic_is_503_and_nothing_else() -> None:
    """Without its topic no webhook gets a 2xx, no daemon creates it, and then all goes on."""
    outage = outages.topic_deleted(SEED)
    assert outage.answers.keys() == {"503"}
    assert outage.verdict.problems == {}
    assert outage.recovery_seconds < 10
    assert outage.kept


def test_full_disks_are_503_and_nothing_else() -> None:
    """While the brokers' disks are full no webhook gets a 2xx, and then all goes on by itself."""
    try:
        outage = outages.disk_full(SEED)
    except outages.CannotMountError as error:
        pytest.skip(str(error))
    assert outage.answers.keys() == {"503"}
    assert outage.verdict.problems == {}
    assert outage.kept
