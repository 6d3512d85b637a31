"""Charts as SVG: stacked columns, lines and bars over a horizontal axis, by default of seconds."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from .timeline import Bar, Points

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 1080, 130, 20, 30, 26
PLOT_HEIGHT, ROW_HEIGHT = 130, 20
TICKS = 4
PALETTE = ("#2563eb", "#d97706", "#dc2626", "#7c3aed", "#0891b2", "#65a30d", "#6b7280")
STATUS_COLOURS = {
    "200": "#16a34a",
    "503": "#f59e0b",
    "400": "#7c3aed",
    "no response": "#6b7280",
}


@dataclass(frozen=True)
class Axis:
    """The horizontal axis, from 0 to `end` in a unit."""

    end: float
    unit: str = "s"

    def x(self, value: float) -> float:
        """Return the pixel position of a value."""
        return LEFT + (WIDTH - LEFT - RIGHT) * value / self.end


def bars(title: str, rows: Sequence[Bar], axis: Axis) -> str:
    """Return a chart with a row for each kind of fault and a bar for each fault."""
    kinds = sorted({bar.row for bar in rows})
    colours = dict(zip(kinds, PALETTE * len(kinds), strict=False))
    height = len(kinds) * ROW_HEIGHT
    shapes = []
    for row, kind in enumerate(kinds):
        y = TOP + row * ROW_HEIGHT
        count = sum(bar.row == kind for bar in rows)
        shapes.append(_text(LEFT - 8, y + 14, f"{count} {kind}", "end"))
        shapes += [
            f'<rect x="{axis.x(bar.start):.1f}" y="{y + 3}" height="{ROW_HEIGHT - 6}" '
            f'width="{max(2.0, axis.x(bar.end) - axis.x(bar.start)):.1f}" rx="2" '
            f'fill="{colours[kind]}"><title>{escape(bar.label)}, {bar.start:.1f} to '
            f"{bar.end:.1f} s</title></rect>"
            for bar in rows
            if bar.row == kind
        ]
    return _panel(title, height, axis, shapes)


def columns(title: str, series: Mapping[str, Points], axis: Axis) -> str:
    """Return stacked columns; all series have points at the same seconds."""
    heights = [sum(values) for values in zip(*(_values(s) for s in series.values()), strict=True)]
    marks = _round_marks(max(heights))
    top = marks[-1]
    shapes = _scale(marks, lambda value: value / top)
    below = [0.0] * len(heights)
    for name, points in series.items():
        step = points[1][0] - points[0][0] if len(points) > 1 else axis.end
        width = axis.x(step) - axis.x(0)
        for index, (second, value) in enumerate(points):
            if value:
                y = _y((below[index] + value) / top)
                shapes.append(
                    f'<rect x="{axis.x(second):.1f}" y="{y:.1f}" width="{width + 0.2:.1f}" '
                    f'height="{PLOT_HEIGHT * value / top:.1f}" '
                    f'fill="{STATUS_COLOURS.get(name, PALETTE[2])}"/>'
                )
                below[index] += value
    legend = {name: STATUS_COLOURS.get(name, PALETTE[2]) for name in series}
    return _panel(title, PLOT_HEIGHT, axis, [*shapes, *_legend(legend)])


def lines(
    title: str, series: Mapping[str, Points], axis: Axis, *, logarithmic: bool = False
) -> str:
    """Return a line for each series, on a linear scale from 0 or on a logarithmic one."""
    values = [value for points in series.values() for value in _values(points)] or [1.0]
    if logarithmic:
        low = math.floor(math.log10(max(min(values), 0.1)))
        high = max(math.ceil(math.log10(max(*values, 1.0))), low + 1)
        marks = [10.0**power for power in range(low, high + 1)]

        def share(value: float) -> float:
            return max(0.0, (math.log10(max(value, 0.1)) - low) / (high - low))

    else:
        marks = _round_marks(max(values))

        def share(value: float) -> float:
            return value / marks[-1]

    colours = dict(zip(series, PALETTE, strict=False))
    shapes = _scale(marks, share)
    for name, points in series.items():
        path = " ".join(f"{axis.x(second):.1f},{_y(share(v)):.1f}" for second, v in points)
        shapes.append(
            f'<polyline points="{path}" fill="none" stroke="{colours[name]}" stroke-width="1.5"/>'
        )
    return _panel(
        title, PLOT_HEIGHT, axis, [*shapes, *(_legend(colours) if len(series) > 1 else [])]
    )


def _panel(title: str, height: int, axis: Axis, shapes: Sequence[str]) -> str:
    bottom = TOP + height
    marks = []
    for value in _round_positions(axis.end):
        x = axis.x(value)
        marks.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" class="grid"/>')
        marks.append(_text(x, bottom + 16, f"{value:,.6g} {axis.unit}".strip(), "middle"))
    total = bottom + BOTTOM
    return (
        f'<svg viewBox="0 0 {WIDTH} {total}" role="img" aria-label="{escape(title)}">'
        f'<text x="{LEFT}" y="18" class="title">{escape(title)}</text>'
        f"{''.join(marks)}{''.join(shapes)}</svg>"
    )


def _round_positions(total: float) -> list[float]:
    """Return about ten round values on the axis."""
    rough = total / 10
    unit = 10.0 ** math.floor(math.log10(max(rough, 1)))
    step = next(unit * factor for factor in (1, 2, 3, 6, 10) if unit * factor >= rough)
    return [step * count for count in range(int(total / step) + 1)]


def _round_marks(highest: float) -> list[float]:
    """Return round values from 0 to at least the highest value."""
    rough = max(highest, 1.0) / TICKS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough)
    return [step * tick for tick in range(math.ceil(max(highest, 1.0) / step) + 1)]


def _scale(marks: Sequence[float], share: Callable[[float], float]) -> list[str]:
    shapes = []
    for mark in marks:
        y = _y(share(mark))
        shapes.append(
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" class="grid"/>'
        )
        shapes.append(_text(LEFT - 8, y + 4, f"{mark:,.6g}", "end"))
    return shapes


def _legend(colours: Mapping[str, str]) -> list[str]:
    """Return names and colours, aligned to the right in the line of the title."""
    shapes, x = [], WIDTH - RIGHT
    for name, colour in reversed(list(colours.items())):
        x -= 9 * len(name) + 26
        shapes.append(f'<rect x="{x}" y="8" width="12" height="12" rx="2" fill="{colour}"/>')
        shapes.append(_text(x + 18, 18, name, "start"))
    return shapes


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _values(points: Points) -> list[float]:
    return [value for _, value in points]


def _y(share: float) -> float:
    return TOP + PLOT_HEIGHT * (1 - share)
