"""`scripts/chaos`: one run, its report as an HTML page, and its verdict as the exit code."""

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from harness import measurements

from . import outages, page, plan
from .page import Report
from .run import run
from .soak.run import Load, soak


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("what", choices=RUNS, help="the run to do")
    parser.add_argument("--seed", type=int, default=1, help="seed of webhooks and faults")
    parser.add_argument("--long", action="store_true", help="send 100,000 webhooks (faults)")
    parser.add_argument("--minutes", type=float, default=30, help="duration (soak)")
    parser.add_argument("--rate", type=float, default=200, help="webhooks per second (soak)")
    parser.add_argument("--api-rate", type=float, default=20, help="calls per second (soak)")
    parser.add_argument("--report", type=Path, default=Path("chaos.html"), help="file to write")
    return parser


def main() -> int:
    """Return 0 if the guarantee holds, 1 if it is violated, 2 if the run is not possible here."""
    options = parser().parse_args()
    try:
        report = RUNS[options.what](options, shlex.join(["scripts/chaos", *sys.argv[1:]]))
    except outages.CannotMountError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    options.report.write_text(report.page, encoding="utf-8")
    verdict = "holds" if report.holds else "IS VIOLATED"
    figures = {"the guarantee": verdict, **report.figures}
    measurements.record(measurements.figures(options.what, figures))
    sys.stdout.write(f"The guarantee {verdict}: {options.report}\n")
    return 0 if report.holds else 1


def _faults(options: argparse.Namespace, command: str) -> Report:
    result = run(plan.LONG if options.long else plan.SHORT, options.seed)
    return page.faults_report(result, command, options.seed)


def _disk_full(options: argparse.Namespace, command: str) -> Report:
    outage = outages.disk_full(options.seed)
    return page.outage_report(outage, "full disks of the brokers", command, options.seed)


def _topic_deleted(options: argparse.Namespace, command: str) -> Report:
    outage = outages.topic_deleted(options.seed)
    return page.outage_report(outage, "a deleted topic", command, options.seed)


def _soak(options: argparse.Namespace, command: str) -> Report:
    load = Load(options.minutes, options.rate, options.api_rate, options.seed)
    return page.soak_report(soak(load), command, options.seed)


RUNS: dict[str, Callable[[argparse.Namespace, str], Report]] = {
    "faults": _faults,
    "disk-full": _disk_full,
    "topic-deleted": _topic_deleted,
    "soak": _soak,
}

if __name__ == "__main__":
    raise SystemExit(main())
