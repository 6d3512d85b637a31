"""Medians, spreads, ratios and goals are computed correctly from the rounds."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench import page, results, table
from bench.figures import Figure, Spread
from bench.goals import Goal, measured
from bench.results import Phase, Results, ServerRun
from bench.volume import Costs, Point

PHASE = Phase(
    contestant="go",
    round=0,
    rate=100.0,
    responses_per_second=100.0,
    times_ms={"p50": 2.0, "p99": 4.0},
    cpu_ms=1.0,
    responses={"200": 1000},
    failures={},
    late_ms={},
    other_usage_share=0.0,
)


def phase(contestant: str, number: int, p50: float, **changes: object) -> Phase:
    """Return a phase with a p50 and other changes."""
    times = {"p50": p50, "p99": 2 * p50}
    changed = replace(PHASE, contestant=contestant, round=number, times_ms=times)
    return replace(changed, **changes)  # type: ignore[arg-type]  # fields of Phase


def run(*phases: Phase) -> Results:
    """Return results with these phases."""
    return Results("scripts/bench", "2 cores", list(phases), [ServerRun("go", 0, 0.5, 20.0)])


def test_a_figure_is_the_median_with_its_spread() -> None:
    """The median of three rounds is returned with the lowest and the highest."""
    measured_results = run(phase("go", 0, 3.0), phase("go", 1, 1.0), phase("go", 2, 2.0))
    assert Figure("p50", 100.0).spread(measured_results, "go") == Spread(2.0, 1.0, 3.0)
    assert Figure("ready").spread(measured_results, "go") == Spread(0.5, 0.5, 0.5)
    assert Figure("p50", 500.0).spread(measured_results, "go") is None


def test_a_ratio_has_the_ratio_of_the_medians_and_the_spread_of_the_rounds() -> None:
    """Medians of 2 and 4 give a half; within the rounds the ratio was a third to one."""
    ours = [phase("waitress", number, value) for number, value in enumerate((2.0, 1.0, 4.0))]
    theirs = [phase("go", number, value) for number, value in enumerate((4.0, 3.0, 4.0))]
    ratio = Figure("p50", 100.0).ratio(run(*ours, *theirs), "waitress", "go")
    assert ratio == Spread(0.5, 1 / 3, 1.0)


def test_the_limit_is_the_sum_of_its_parts() -> None:
    """The times of an acknowledgement and an empty handler are added within each round."""
    parts = [phase("ack", 0, 1.0), phase("ack", 1, 2.0), phase("empty", 0, 0.5)]
    assert Figure("p50", 100.0).by_round(run(*parts), "limit") == {0: 1.5}


def test_disturbed_rounds_do_not_count() -> None:
    """A round in which other programs used the machine is ignored, unless all were disturbed."""
    quiet, disturbed = phase("go", 0, 1.0), phase("go", 1, 9.0, other_usage_share=0.3)
    assert Figure("p50", 100.0).by_round(run(quiet, disturbed), "go") == {0: 1.0}
    assert Figure("p50", 100.0).by_round(run(disturbed), "go") == {1: 9.0}


@pytest.mark.parametrize(
    ("at_least", "limit", "met"), [(False, 0.5, True), (False, 0.4, False), (True, 0.6, False)]
)
def test_a_goal_is_met_within_its_limit_only(limit: float, *, at_least: bool, met: bool) -> None:
    """A ratio of 0.5 is at most 0.5, is not at most 0.4, and is not at least 0.6."""
    goal = Goal("waitress", Figure("p50", 100.0), "go", limit, at_least)
    assert goal.met_by(Spread(0.5, 0.5, 0.5)) is met


def test_a_payment_is_compared_with_stripes_own_time() -> None:
    """A p99 of 425 ms against Stripe's 400 ms is 25 ms more, which misses the target of 20 ms."""
    stripe = phase("stripe", 0, 200.0, kind="payments")
    ours = phase("waitress", 0, 212.5, kind="payments")
    [(goal, more)] = measured(run(stripe, ours))
    assert (goal.target, more.median, goal.met_by(more)) == ("≤ 20 ms more", 25.0, False)


def test_results_are_stored_in_a_file(tmp_path: Path) -> None:
    """Results are read as they were written, and further rounds are numbered after them."""
    measured_results = run(phase("go", 0, 1.0), phase("go", 1, 2.0, problem="3 of 9 got 2xx"))
    measured_results.write(tmp_path / "bench.json")
    again = results.read(tmp_path / "bench.json")
    assert again == measured_results
    assert again.rounds == 2


def test_the_report_has_goals_and_disqualified_contestants() -> None:
    """Tables and page show goals and reasons; the page refers to no external resource."""
    rates = (100.0, 1000.0)
    slow = [phase("waitress", 0, 4.0, rate=rate) for rate in rates]
    fast = [phase("go", 0, 1.0, rate=rate, problem="8 of 8 got 2xx") for rate in rates]
    measured_results = run(*slow, *fast)
    assert [g.met_by(it) for g, it in measured(measured_results) if g.against == "go"] == [
        False,
        True,
    ] * 2
    tables = {each.title: each.rows for each in table.tables(measured_results)}
    assert tables["Disqualified"] == [["go: Go", "8 of 8 got 2xx"]]
    assert ["waitress: p50 at 100/s / go", "≤ 1.3", "4.00", "MISSED"] in tables["Goals"]
    text = page.page(measured_results)
    assert "8 of 8 got 2xx" in text
    assert text.count("<polyline") == 4
    assert not re.search(r"\b(?:src|href)=|@import|url\(", text)


def test_growth_of_the_cost_is_measured() -> None:
    """A constant cost has growth 1, a doubled one 2; a bend shows as a deviation from the line."""
    flat = [Point(at, 0.5, 1.0, 60.0) for at in (1_000.0, 10_000.0, 1_000_000.0)]
    doubling = [Point(at, 1.0 + at / 100, 1.0, 60.0) for at in (0.0, 50.0, 100.0)]
    bent = [Point(0.0, 1.0, 1.0, 60.0), Point(50.0, 1.0, 1.0, 60.0), Point(100.0, 4.0, 1.0, 60.0)]
    assert Costs("go", "events", flat).growth() == pytest.approx(1)
    assert Costs("go", "KB", doubling).growth() == pytest.approx(2)
    assert Costs("go", "KB", doubling).deviation() == pytest.approx(0)
    assert Costs("go", "KB", bent).deviation() > 0.4
    assert page.costs_page([Costs("go", "KB", bent)]).count("<polyline") == 2
