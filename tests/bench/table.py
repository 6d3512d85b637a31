"""The figures as tables of text, for the terminal and for the HTML page."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table as RichTable

from harness.measurements import Table

from .contestants import CONTESTANTS, PAYMENT_CONTESTANTS
from .figures import LIMITS, Figure, Spread, names, rates
from .goals import measured as measured_goals
from .results import PAYMENTS, SATURATION, WEBHOOKS, Results
from .volume import Costs

AGAINST = ("limit", "spring-tuned", "spring", "go")
AGAINST_AT_SATURATION = ("fastapi", "spring-tuned", "spring", "go")


def tables(results: Results) -> list[Table]:
    """Return all tables with rows; ratios are between contestants of the same round."""
    all_tables = [_of_rate(results, rate) for rate in rates(results)]
    all_tables += [
        *_payments(results),
        _server_runs(results),
        _goals(results),
        _disqualified(results),
    ]
    return [table for table in all_tables if table.rows]


def show(tables: Sequence[Table]) -> None:
    """Print tables to standard output."""
    console = Console(width=160, markup=False)
    for table in tables:
        rich_table = RichTable(title=table.title, title_justify="left")
        for index, heading in enumerate(table.headings):
            rich_table.add_column(heading, justify="right" if index else "left")
        for row in table.rows:
            rich_table.add_row(*row)
        console.print(rich_table)


def _of_rate(results: Results, rate: float) -> Table:
    p50, p99, cpu, max_rate = (Figure(name, rate) for name in ("p50", "p99", "cpu", "rate"))
    saturated = rate == SATURATION
    compared, name_of_ratio = (max_rate, "rate") if saturated else (p50, "p50")
    against = AGAINST_AT_SATURATION if saturated else AGAINST
    ratios_to = [f"{name_of_ratio} / {other}" for other in against]
    headings = ["", "per second", "p50 ms", "p99 ms", "cpu ms", *ratios_to]
    rows = []
    for name in names(results):
        if p50.spread(results, name) is None or (saturated and name in LIMITS):
            continue
        ratios = [compared.ratio(results, name, other) for other in against]
        rows.append(
            [
                title(name),
                _text(None if name in LIMITS else max_rate.spread(results, name), 0),
                _text(p50.spread(results, name)),
                _text(p99.spread(results, name)),
                _text(None if name in LIMITS else cpu.spread(results, name)),
                *(_text(ratio) for ratio in ratios),
            ]
        )
    load = "saturation, 32 connections" if saturated else f"{rate:,.0f} per second"
    return Table(load, headings, rows)


def _payments(results: Results) -> Iterator[Table]:
    times = ["p50 ms", "p99 ms", "cpu ms", "p50 - Stripe's", "p99 - Stripe's"]
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
        load = f"{rate:,.0f} per second" if rate else "saturation"
        yield Table(f"{kind}, {load}", ["", "per second", *times], rows)


def _added(results: Results, figure: Figure, name: str) -> str:
    if figure.rate == SATURATION or not figure.kind.startswith(PAYMENTS):
        return ""
    return _text(figure.added_to_stripe(results, name))


def _server_runs(results: Results) -> Table:
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
    headings = ["", "start to ready s", "memory MiB", "ready / spring", "memory / spring"]
    return Table("Start, and memory after all loads", headings, rows)


def _goals(results: Results) -> Table:
    rows = [
        [goal.text, goal.target, _text(measured), "met" if goal.met_by(measured) else "MISSED"]
        for goal, measured in measured_goals(results)
    ]
    return Table("Goals", ["", "target", "measured", ""], rows)


def _disqualified(results: Results) -> Table:
    rows = [[title(name), reason] for name, reason in results.problems().items()]
    return Table("Disqualified", ["", "reason"], rows)


def costs_table(measured: Sequence[Costs]) -> Table:
    """Return the cost of events, its growth, and its deviation from the regression line."""
    rows = [
        [
            f"{costs.contestant}, by {costs.unit}",
            *(f"{point:,.3f}" for point in (costs.points[0].cpu_ms, costs.points[-1].cpu_ms)),
            f"{costs.growth():.2f}",
            f"{costs.deviation():.0%}",
            f"{costs.points[-1].memory_mib - costs.points[0].memory_mib:.1f}",
            costs.problem or "",
        ]
        for costs in measured
    ]
    cpu = ["cpu ms first", "cpu ms last", "last / first on the line", "deviation from the line"]
    headings = ["", *cpu, "memory growth MiB", "disqualified"]
    return Table("The cost of an event", headings, rows)


def title(name: str) -> str:
    """Return a contestant's name with its description."""
    known = CONTESTANTS.get(name) or PAYMENT_CONTESTANTS.get(name)
    return f"{name}: {known.title}" if known else f"{name}: raw acknowledgement + empty handler"


def _text(spread: Spread | None, digits: int = 2) -> str:
    return "" if spread is None else spread.text(digits)
