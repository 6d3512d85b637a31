"""The figures as tables: rows of texts, for the terminal and for the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as RichTable

from .contestants import CONTESTANTS, PAYING
from .figures import LIMITS, Figure, Spread, names, rates
from .goals import measured as measured_goals
from .results import PAYMENTS, SATURATION, WEBHOOKS, Results
from .volume import Costs

AGAINST = ("limit", "spring-tuned", "spring", "go")
AGAINST_AT_SATURATION = ("fastapi", "spring-tuned", "spring", "go")


@dataclass(frozen=True)
class Table:
    """A title, the heads of its columns, and its rows."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def tables(results: Results) -> list[Table]:
    """Return all that the results tell, ratios to others within the same round."""
    found = [_of_rate(results, rate) for rate in rates(results)]
    found += [*_payments(results), _lives(results), _goals(results), _disqualified(results)]
    return [table for table in found if table.rows]


def show(tables: Sequence[Table]) -> None:
    """Print them."""
    console = Console(width=160)
    for table in tables:
        drawn = RichTable(title=table.title, title_justify="left")
        for place, head in enumerate(table.heads):
            drawn.add_column(head, justify="right" if place else "left")
        for row in table.rows:
            drawn.add_row(*row)
        console.print(drawn)


def _of_rate(results: Results, rate: float) -> Table:
    p50, p99, cpu, most = (Figure(name, rate) for name in ("p50", "p99", "cpu", "rate"))
    saturated = rate == SATURATION
    compared, what = (most, "rate") if saturated else (p50, "p50")
    against = AGAINST_AT_SATURATION if saturated else AGAINST
    heads = ["", "a second", "p50 ms", "p99 ms", "cpu ms", *(f"{what} / {it}" for it in against)]
    rows = []
    for name in names(results):
        if p50.spread(results, name) is None or (saturated and name in LIMITS):
            continue
        ratios = [compared.ratio(results, name, other) for other in against]
        rows.append(
            [
                title(name),
                _text(None if name in LIMITS else most.spread(results, name), 0),
                _text(p50.spread(results, name)),
                _text(p99.spread(results, name)),
                _text(None if name in LIMITS else cpu.spread(results, name)),
                *(_text(ratio) for ratio in ratios),
            ]
        )
    load = "as fast as it can, 32 connections" if saturated else f"{rate:,.0f} a second"
    return Table(load, heads, rows)


def _payments(results: Results) -> Iterator[Table]:
    heads = ["", "a second", "p50 ms", "p99 ms", "cpu ms", "p50 - Stripe's", "p99 - Stripe's"]
    for kind, rate in dict.fromkeys((it.kind, it.rate) for it in results.phases):
        if kind == WEBHOOKS:
            continue
        figures = [Figure(name, rate, kind) for name in ("rate", "p50", "p99", "cpu")]
        rows = []
        for name in dict.fromkeys(it.contestant for it in results.phases):
            spreads = [figure.spread(results, name) for figure in figures]
            if spreads[0]:
                added = [_added(results, figure, name) for figure in figures[1:3]]
                rows.append([name, *map(_text, spreads), *added])
        load = f"{rate:,.0f} a second" if rate else "as fast as it can"
        yield Table(f"{kind}, {load}", heads, rows)


def _added(results: Results, figure: Figure, name: str) -> str:
    if figure.rate == SATURATION or not figure.kind.startswith(PAYMENTS):
        return ""
    return _text(figure.added_to_stripe(results, name))


def _lives(results: Results) -> Table:
    ready, memory = Figure("ready"), Figure("memory")
    rows = [
        [
            title(name),
            _text(ready.spread(results, name)),
            _text(memory.spread(results, name), 0),
            _text(ready.ratio(results, name, "spring")),
            _text(memory.ratio(results, name, "spring")),
        ]
        for name in names(results)
        if ready.spread(results, name)
    ]
    heads = ["", "start to ready s", "memory MiB", "ready / spring", "memory / spring"]
    return Table("Start, and memory after all loads", heads, rows)


def _goals(results: Results) -> Table:
    rows = [
        [goal.text, goal.wanted, _text(measured), "met" if goal.met_by(measured) else "MISSED"]
        for goal, measured in measured_goals(results)
    ]
    return Table("Goals", ["", "wanted", "measured", ""], rows)


def _disqualified(results: Results) -> Table:
    rows = [[title(name), reason] for name, reason in results.problems().items()]
    return Table("Disqualified", ["", "why"], rows)


def of_costs(found: Sequence[Costs]) -> Table:
    """Return what events cost, how it grows, and how straight the line is."""
    rows = [
        [
            f"{costs.contestant}, by {costs.unit}",
            *(f"{point:,.3f}" for point in (costs.points[0].cpu_ms, costs.points[-1].cpu_ms)),
            f"{costs.growth():.2f}",
            f"{costs.deviation():.0%}",
            f"{costs.points[-1].memory_mib - costs.points[0].memory_mib:.1f}",
            costs.problem or "",
        ]
        for costs in found
    ]
    heads = ["", "cpu ms first", "cpu ms last", "last / first on the line", "off the line"]
    return Table("The cost of an event", [*heads, "memory MiB more", "disqualified"], rows)


def title(name: str) -> str:
    """Return a contestant's name and what it is."""
    known = CONTESTANTS.get(name) or PAYING.get(name)
    return f"{name}: {known.title}" if known else f"{name}: raw acknowledgement + empty handler"


def _text(spread: Spread | None, digits: int = 2) -> str:
    return "" if spread is None else spread.text(digits)
