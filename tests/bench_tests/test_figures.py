"""Medians, spreads, ratios and goals say what the rounds say."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench import page, results, table
from bench.figures import Figure, Spread
from bench.goals import Goal, measured
from bench.results import Life, Phase, Results
from bench.volume import Costs, Point

PHASE = Phase(
    contestant="go",
    round=0,
    rate=100.0,
    per_second=100.0,
    times_ms={"p50": 2.0, "p99": 4.0},
    cpu_ms=1.0,
    answers={"200": 1000},
    failures={},
    late_ms={},
    others_share=0.0,
)


def phase(contestant: str, number: int, p50: float, **changes: object) -> Phase:
    """A phase of which only this matters."""
    times = {"p50": p50, "p99": 2 * p50}
    made = replace(PHASE, contestant=contestant, round=number, times_ms=times)
    return replace(made, **changes)  # type: ignore[arg-type]  # its fields


def run(*phases: Phase) -> Results:
    """Results of these phases."""
    return Results("scripts/bench", "2 cores", list(phases), [Life("go", 0, 0.5, 20.0)])


def test_a_figure_is_the_median_with_its_spread() -> None:
    """Of three rounds the middle one counts, and lowest and highest are told."""
    found = run(phase("go", 0, 3.0), phase("go", 1, 1.0), phase("go", 2, 2.0))
    assert Figure("p50", 100.0).spread(found, "go") == Spread(2.0, 1.0, 3.0)
    assert Figure("ready").spread(found, "go") == Spread(0.5, 0.5, 0.5)
    assert Figure("p50", 500.0).spread(found, "go") is None


def test_a_ratio_is_that_of_the_medians_and_its_spread_that_of_the_rounds() -> None:
    """Medians 2 and 4 are a half; within the rounds it was a third to one."""
    ours = [phase("waitress", number, value) for number, value in enumerate((2.0, 1.0, 4.0))]
    theirs = [phase("go", number, value) for number, value in enumerate((4.0, 3.0, 4.0))]
    ratio = Figure("p50", 100.0).ratio(run(*ours, *theirs), "waitress", "go")
    assert ratio == Spread(0.5, 1 / 3, 1.0)


def test_the_limit_is_the_sum_of_its_parts() -> None:
    """An acknowledgement and an empty handler, added within each round."""
    parts = [phase("ack", 0, 1.0), phase("ack", 1, 2.0), phase("empty", 0, 0.5)]
    assert Figure("p50", 100.0).by_round(run(*parts), "limit") == {0: 1.5}


def test_what_others_disturbed_does_not_count() -> None:
    """A round in which other programs used the machine is left out, unless there is no other."""
    quiet, loud = phase("go", 0, 1.0), phase("go", 1, 9.0, others_share=0.3)
    assert Figure("p50", 100.0).by_round(run(quiet, loud), "go") == {0: 1.0}
    assert Figure("p50", 100.0).by_round(run(loud), "go") == {1: 9.0}


@pytest.mark.parametrize(
    ("at_least", "limit", "met"), [(False, 0.5, True), (False, 0.4, False), (True, 0.6, False)]
)
def test_a_goal_is_met_on_the_right_side_only(limit: float, *, at_least: bool, met: bool) -> None:
    """Half of it is at most a half, more than 0.4, and not at least 0.6."""
    goal = Goal("waitress", Figure("p50", 100.0), "go", limit, at_least)
    assert goal.met_by(Spread(0.5, 0.5, 0.5)) is met


def test_what_a_payment_takes_is_told_beside_stripes_own_time() -> None:
    """Of 425 ms 400 are Stripe's: 25 more, which is more than the 20 that are wanted."""
    stripe = phase("stripe", 0, 200.0, kind="payments")
    ours = phase("waitress", 0, 212.5, kind="payments")
    [(goal, more)] = measured(run(stripe, ours))
    assert (goal.wanted, more.median, goal.met_by(more)) == ("≤ 20 ms more", 25.0, False)


def test_results_are_kept(tmp_path: Path) -> None:
    """What is written is what is read again, and a further round is counted from there."""
    found = run(phase("go", 0, 1.0), phase("go", 1, 2.0, problem="3 of 9 answered 2xx"))
    found.write(tmp_path / "bench.json")
    again = results.read(tmp_path / "bench.json")
    assert again == found
    assert again.rounds == 2


def test_the_report_tells_goals_and_who_is_disqualified() -> None:
    """Tables and page have ratios, goals met and missed, and the reason; the page loads nothing."""
    rates = (100.0, 1000.0)
    slow = [phase("waitress", 0, 4.0, rate=rate) for rate in rates]
    fast = [phase("go", 0, 1.0, rate=rate, problem="8 of 8 answered 2xx") for rate in rates]
    found = run(*slow, *fast)
    assert [g.met_by(it) for g, it in measured(found) if g.against == "go"] == [False, True] * 2
    tables = {each.title: each.rows for each in table.tables(found)}
    assert tables["Disqualified"] == [["go: Go", "8 of 8 answered 2xx"]]
    assert ["waitress: p50 at 100/s / go", "≤ 1.3", "4.00", "MISSED"] in tables["Goals"]
    text = page.page(found)
    assert "8 of 8 answered 2xx" in text
    assert text.count("<polyline") == 4
    assert not re.search(r"\b(?:src|href)=|@import|url\(", text)


def test_a_cost_that_grows_is_seen() -> None:
    """A flat line is 1, one that doubles 2; a bend shows as a distance from the line."""
    flat = [Point(at, 0.5, 1.0, 60.0) for at in (1_000.0, 10_000.0, 1_000_000.0)]
    doubling = [Point(at, 1.0 + at / 100, 1.0, 60.0) for at in (0.0, 50.0, 100.0)]
    bent = [Point(0.0, 1.0, 1.0, 60.0), Point(50.0, 1.0, 1.0, 60.0), Point(100.0, 4.0, 1.0, 60.0)]
    assert Costs("go", "events", flat).growth() == pytest.approx(1)
    assert Costs("go", "KB", doubling).growth() == pytest.approx(2)
    assert Costs("go", "KB", doubling).deviation() == pytest.approx(0)
    assert Costs("go", "KB", bent).deviation() > 0.4
    assert page.of_costs([Costs("go", "KB", bent)]).count("<polyline") == 2
