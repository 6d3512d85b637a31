"""The report of a run: a self-contained HTML page with verdict, figures and timeline."""

import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from . import plot
from .oracle import GROUPS, Verdict
from .outages import Outage
from .recording import Recording, percentile, responses_by_status, status_of
from .run import Result
from .soak.calls import Call
from .soak.growth import LIMITS, of_figure
from .soak.run import Soak
from .timeline import Timeline

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1080px; margin: 2rem auto; padding: 0 1rem;
       color: #111827; background: #fff; }
h1 { font-size: 1.5rem; margin-bottom: .5rem; } h2 { font-size: 1rem; }
pre { overflow-x: auto; font-size: 12px; }
.verdict { padding: .75rem 1rem; border-radius: 6px; color: #fff; font-weight: 600; }
.holds { background: #15803d; } .violated { background: #b91c1c; }
.tables { display: flex; flex-wrap: wrap; gap: 0 2.5rem; align-items: flex-start;
          font-size: 13.5px; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
td { padding: .15rem 1rem .15rem 0; border-bottom: 1px solid #e5e7eb; vertical-align: top; }
td + td { text-align: right; padding: .15rem 0 .15rem 1rem; }
code { background: #f3f4f6; padding: .1rem .3rem; border-radius: 4px; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; display: block; margin: 1rem 0; }
svg text { font: 12px system-ui, sans-serif; fill: #374151; }
svg .title { font-weight: 600; font-size: 13px; fill: #111827; }
svg .grid { stroke: #e5e7eb; stroke-width: 1; }
"""
MEANING = {
    "lost": "acknowledged and not persisted",
    "missing": "sent and not persisted",
    "unacknowledged": "sent and never acknowledged",
    "altered": "persisted with other content",
    "repeated": "persisted more often than sent",
    "unknown": "persisted and never sent",
    "vanished": "consumed during the run and missing at its end",
}
FIGURES = {
    "memory": "Resident memory, MiB",
    "threads": "Threads",
    "descriptors": "Open file descriptors",
}


EVENTS_SHOWN = 20


@dataclass(frozen=True)
class Report:
    """The verdict of a run, its figures by name, and its page."""

    holds: bool
    figures: Mapping[str, float]
    page: str


def faults_report(result: Result, command: str, seed: int) -> Report:
    """Return the report of a run with seeded faults."""
    return _report(
        "No acknowledged webhook is lost: seeded faults",
        result.verdict.holds,
        result.verdict,
        [_counts(result.verdict), _groups(result.verdict), result.recording.counts()],
        [*_panels(result.recording), _lag(result.recording)],
        result.recording,
        (command, seed),
    )


def outage_report(outage: Outage, title: str, command: str, seed: int) -> Report:
    """Return the report of a run with one outage."""
    during: dict[str, float] = {
        f"responses {status} during the outage": count for status, count in outage.responses.items()
    }
    recovery: dict[str, float] = {
        "seconds from the end of the outage to the first 2xx": round(outage.recovery_seconds, 1)
    }
    return _report(
        f"No acknowledged webhook is lost: {title}",
        outage.holds,
        outage.verdict,
        [_counts(outage.verdict), _groups(outage.verdict), during | recovery],
        [*_panels(outage.recording), _lag(outage.recording)],
        outage.recording,
        (command, seed),
    )


def soak_report(soak: Soak, command: str, seed: int) -> Report:
    """Return the report of a soak."""
    axis, timeline = _axis(soak.recording)
    samples = soak.recording.samples
    growth = {
        f"growth of {name} of a process (at most {LIMITS[name]:g})": round(rise, 2)
        for name, rise in soak.growth.items()
    }
    memory = sum(each[-1][1] for each in of_figure(samples, "memory").values())
    others = {name: len(found) for name, found in soak.other_problems.items()}
    figures = [
        plot.lines(
            title,
            {each: timeline.figure(f"{name} of {each}") for each in of_figure(samples, name)},
            axis,
        )
        for name, title in FIGURES.items()
    ]
    return _report(
        "Nothing is lost and nothing grows under a steady load with restarts",
        soak.holds,
        soak.verdict,
        [
            {
                **_counts(soak.verdict),
                "events of the stand-in, also those that are not published": soak.stripe_events,
            },
            _groups(soak.verdict) | others,
            _operations(soak.calls),
            soak.recording.counts(),
            growth | {"memory of all processes at the end, MiB": round(memory, 1)},
        ],
        [*map(_found, soak.other_problems.items()), *figures, *_panels(soak.recording)],
        soak.recording,
        (command, seed),
    )


def _operations(calls: Sequence[Call]) -> dict[str, float]:
    """Return the number of calls by operation and status, and their response times."""
    names = Counter(f"{call.operation}: {call.status or 'refused'}" for call in calls)
    milliseconds = [1000 * call.seconds for call in calls if call.expected]
    return {
        **dict(sorted(names.items())),
        "calls, p50 in ms": round(percentile(milliseconds, 0.5), 1),
        "calls, p99 in ms": round(percentile(milliseconds, 0.99), 1),
    }


def _found(problem: tuple[str, Sequence[str]]) -> str:
    """Return the first problems of a kind, as text."""
    name, found = problem
    lines = escape("\n".join(found[:EVENTS_SHOWN]))
    return f"<h2>{escape(name)}</h2><pre>{lines}</pre>" if found else ""


def _axis(recording: Recording) -> tuple[plot.Axis, Timeline]:
    timeline = Timeline(recording)
    return plot.Axis(timeline.seconds), timeline


def _panels(recording: Recording) -> list[str]:
    axis, timeline = _axis(recording)
    faults = timeline.bars()
    return [
        *([plot.bars("Faults", faults, axis)] if faults else []),
        plot.columns("Responses per second, by status", timeline.responses(), axis),
        plot.lines("Response time, ms", timeline.latencies(), axis, logarithmic=True),
    ]


def _lag(recording: Recording) -> str:
    axis, timeline = _axis(recording)
    title = "Lag: acknowledged events that the consumer has not read yet"
    return plot.lines(title, {"lag": timeline.figure("lag")}, axis)


def _counts(verdict: Verdict) -> dict[str, float]:
    return {
        "webhooks sent": verdict.sent,
        "acknowledged (2xx)": verdict.acknowledged,
        "events persisted": verdict.persisted,
        "records, including redeliveries": verdict.records,
    }


def _groups(verdict: Verdict) -> dict[str, float]:
    return {MEANING[name]: len(verdict.problems.get(name, ())) for name in GROUPS}


def _latency(recording: Recording) -> dict[str, float]:
    milliseconds = [1000 * a.seconds for a in recording.attempts if a.status == 200]
    return {
        "2xx, p50 in ms": round(percentile(milliseconds, 0.5), 1),
        "2xx, p99 in ms": round(percentile(milliseconds, 0.99), 1),
    }


def _report(
    title: str,
    holds: bool,  # noqa: FBT001 - a value, not a switch
    result: Verdict,
    tables: Sequence[Mapping[str, float]],
    panels: Sequence[str],
    recording: Recording,
    run: tuple[str, int],
) -> Report:
    command, seed = run
    minutes = Timeline(recording).seconds / 60
    attempts = {f"attempts: {s}": n for s, n in responses_by_status(recording.attempts).items()}
    first, *others = tables
    all_tables = [{**first, **attempts, **_latency(recording)}, *others]
    verdict = (
        ("holds", "The guarantee holds.") if holds else ("violated", "The guarantee is violated.")
    )
    body = f"""<p class="verdict {verdict[0]}">{verdict[1]}</p>
<p>Command: <code>{escape(command)}</code> · seed {seed} · {minutes:.1f} minutes · {os.cpu_count()}
cores, Python {platform.python_version()}</p>
<div class="tables">{"".join(map(_table, all_tables))}</div>
{_evidence(result, recording)}
{"".join(panels)}"""
    figures = {name: value for table in all_tables for name, value in table.items()}
    return Report(holds, {**figures, "minutes": round(minutes, 1)}, document(title, body))


def document(title: str, body: str) -> str:
    """Return a self-contained HTML page with a title and a body."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
{body}
</body>
</html>
"""


def _evidence(verdict: Verdict, recording: Recording) -> str:
    """Return every delivery attempt of the first events of each group of problems."""
    parts = []
    for name, ids in verdict.problems.items():
        shown = set(sorted(ids)[:EVENTS_SHOWN])
        lines = [
            f"{attempt.started_at_seconds - recording.started_at_seconds:9.2f} s  "
            f"{attempt.event_id}  {status_of(attempt)} after {attempt.seconds:.2f} s  {attempt.url}"
            for attempt in sorted(recording.attempts, key=lambda each: each.started_at_seconds)
            if attempt.event_id in shown
        ]
        parts.append(f"<h2>{escape(MEANING[name])}</h2><pre>{escape(chr(10).join(lines))}</pre>")
    return "".join(parts)


def _table(rows: Mapping[str, float]) -> str:
    lines = (f"<tr><td>{escape(name)}</td><td>{value:,}</td></tr>" for name, value in rows.items())
    return f"<table>{''.join(lines)}</table>"
