"""The report shows the verdict, the figures and the timeline; growth is detected."""

import random
import re
import xml.etree.ElementTree as ET

import pytest

from chaos import page
from chaos.oracle import ExpectedEvent, PersistedEvent, check
from chaos.recording import InjectedFault, Recording
from chaos.run import Result
from chaos.soak.calls import Call
from chaos.soak.growth import LIMITS, growth_after_warm_up
from chaos.soak.run import Soak
from harness.sender import Attempt

RUN_SECONDS = 60


def recorded() -> Recording:
    """Return a recording of a minute with one fault, responses of every kind, and a lag."""
    recording = Recording(started_at_seconds=1_000.0)
    for number in range(600):
        status = {0: 503, 1: 400, 2: None}.get(number % 10, 200)
        recording.attempts.append(
            Attempt(f"evt_{number}", 1_000.0 + number / 10, 0.01, status, "http://127.0.0.1:1/")
        )
    recording.faults.append(InjectedFault("leader killed", "broker <2>", 100, 1_010.0, 1_020.0))
    for name in ("lag", *(f"{figure} of master" for figure in LIMITS)):
        recording.samples[name] += [(1_000.0 + second, 5.0) for second in range(RUN_SECONDS)]
    return recording


def test_the_page_has_the_verdict_and_the_timeline() -> None:
    """The page has the verdict, the number of problems, and a well-formed SVG for each series."""
    recording = recorded()
    lost = check([ExpectedEvent("evt_9", "p")], [Attempt("evt_9", 0, 0, 200, "")], [])
    evidence = "     0.90 s  evt_9  200 after 0.01 s  http://127.0.0.1:1/"
    report = page.faults_report(Result(recording, lost), "scripts/chaos faults", 1)
    text = report.page
    assert (report.holds, report.figures["acknowledged and not persisted"]) == (False, 1)
    assert "The guarantee is violated." in text
    assert "<td>acknowledged and not persisted</td><td>1</td>" in text
    assert "<td>leader killed</td><td>1</td>" in text
    assert evidence in text
    verdict = check(
        [ExpectedEvent("a", "p")], [Attempt("a", 0, 0, 200, "")], [PersistedEvent("a", "p")]
    )
    report = page.faults_report(Result(recording, verdict), "scripts/chaos", 1)
    assert "The guarantee holds." in report.page
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    titles = [ET.fromstring(drawing).attrib["aria-label"] for drawing in drawings]
    assert [title.split(",")[0].split(":")[0] for title in titles] == [
        "Faults",
        "Responses per second",
        "Response time",
        "Lag",
    ]
    assert "leader killed: broker &lt;2&gt;, from webhook 100, 10.0 to 20.0 s" in text


@pytest.mark.parametrize(("name", "grows"), [("memory", True), ("memory", False)])
def test_growth_is_detected_despite_noise(name: str, *, grows: bool) -> None:
    """A figure that grows steadily exceeds its limit; one that only fluctuates does not."""
    noise = random.Random(1)
    rise = 2 * LIMITS[name] if grows else 0.0
    samples = [
        (float(second), 60 + noise.uniform(-2, 2) + rise * second / 1_200)
        for second in range(0, 1_200, 2)
    ]
    # Growth during the warm-up does not count.
    samples[:100] = [(float(second), 20 + second / 10) for second in range(0, 200, 2)]
    growth = growth_after_warm_up(samples)
    assert (growth > LIMITS[name]) is grows
    verdict = check([], [], [])
    others = dict.fromkeys(LIMITS, 0.0)
    calls = [Call("create a payment", 0, 0.1, 201, "", "", expected=True)]
    soak = Soak(recorded(), verdict, calls, 0, {**others, name: growth}, {})
    assert soak.holds is not grows
    assert f"growth of {name}" in page.soak_report(soak, "scripts/chaos soak", 1).page
