"""The figures as a self-contained HTML page: tables, and charts over the rates."""

from collections.abc import Sequence
from html import escape

from chaos import plot
from chaos.page import document
from chaos.timeline import Points
from harness.measurements import Table

from .figures import Figure, rates
from .results import SATURATION, Results
from .table import costs_table, tables
from .volume import Costs

_UNITS = {"events": (1000, "thousands of events")}
"""Scale and name of an axis whose labels would otherwise be too long."""

PLOTTED = ("waitress", "go", "spring-tuned", "spring", "fastapi", "limit")


def page(results: Results) -> str:
    """Return the page of a benchmark of webhooks or payments."""
    panels = [_over_rates(results, measure) for measure in ("p50", "p99")]
    body = f"""<p>Command: <code>{escape(results.command)}</code> · {results.rounds} rounds ·
{escape(results.machine)} · median over the rounds (lowest to highest)</p>
{"".join(map(_table, tables(results)))}
{"".join(panels)}"""
    return document("Benchmark", body)


def costs_page(measured: Sequence[Costs]) -> str:
    """Return the page of the cost of events, with charts for each contestant and unit."""
    panels = []
    for costs in measured:
        scale, unit = _UNITS.get(costs.unit, (1, costs.unit))
        axis = plot.Axis(costs.points[-1].at / scale, "")
        cpu = [(point.at / scale, 1000 * point.cpu_ms) for point in costs.points]
        memory = [(point.at / scale, point.memory_mib) for point in costs.points]
        name = f"{costs.contestant}, by {unit}"
        panels.append(
            plot.lines(f"Processor time per event, microseconds: {name}", {"": cpu}, axis)
        )
        panels.append(plot.lines(f"Memory, MiB: {name}", {"": memory}, axis))
    return document("The cost of an event", _table(costs_table(measured)) + "".join(panels))


def _over_rates(results: Results, measure: str) -> str:
    steady = [rate for rate in rates(results) if rate != SATURATION]
    series: dict[str, Points] = {}
    for name in PLOTTED:
        spreads = [(rate, Figure(measure, rate).spread(results, name)) for rate in steady]
        points = [(rate, spread.median) for rate, spread in spreads if spread]
        if points:
            series[name] = points
    if len(steady) < 2 or not series:
        return ""
    return plot.lines(f"{measure}, ms", series, plot.Axis(steady[-1], "/s"), logarithmic=True)


def _table(table: Table) -> str:
    headings = "".join(f"<td>{escape(heading)}</td>" for heading in table.headings)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows
    )
    return f"<h2>{escape(table.title)}</h2><table><tr>{headings}</tr>{rows}</table>"
