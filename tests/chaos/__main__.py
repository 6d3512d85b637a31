"""`scripts/chaos`: one run, its report as an HTML page, and its verdict as the exit code."""

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from . import outages, page, plan
from .run import run
from .soak import soak

Outcome = tuple[bool, str]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("what", choices=RUNS, help="the run to do")
    parser.add_argument("--seed", type=int, default=1, help="seed of webhooks and faults")
    parser.add_argument("--long", action="store_true", help="send 100,000 webhooks (faults)")
    parser.add_argument("--minutes", type=float, default=20, help="duration (soak)")
    parser.add_argument("--rate", type=float, default=200, help="webhooks per second (soak)")
    parser.add_argument("--report", type=Path, default=Path("chaos.html"), help="file to write")
    return parser


def main() -> int:
    """Return 0 if the guarantee holds, 1 if it is violated, 2 if the run is not possible here."""
    options = parser().parse_args()
    try:
        holds, text = RUNS[options.what](options, shlex.join(["scripts/chaos", *sys.argv[1:]]))
    except outages.CannotMountError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    options.report.write_text(text, encoding="utf-8")
    verdict = "holds" if holds else "IS VIOLATED"
    sys.stdout.write(f"The guarantee {verdict}: {options.report}\n")
    return 0 if holds else 1


def _faults(options: argparse.Namespace, command: str) -> Outcome:
    result = run(plan.LONG if options.long else plan.SHORT, options.seed)
    return result.verdict.holds, page.faults_page(result, command, options.seed)


def _disk_full(options: argparse.Namespace, command: str) -> Outcome:
    outage = outages.disk_full(options.seed)
    return outage.holds, page.outage_page(
        outage, "full disks of the brokers", command, options.seed
    )


def _topic_deleted(options: argparse.Namespace, command: str) -> Outcome:
    outage = outages.topic_deleted(options.seed)
    return outage.holds, page.outage_page(outage, "a deleted topic", command, options.seed)


def _soak(options: argparse.Namespace, command: str) -> Outcome:
    result = soak(options.minutes, options.rate, options.seed)
    return result.holds, page.soak_page(result, command, options.seed)


RUNS: dict[str, Callable[[argparse.Namespace, str], Outcome]] = {
    "faults": _faults,
    "disk-full": _disk_full,
    "topic-deleted": _topic_deleted,
    "soak": _soak,
}

if __name__ == "__main__":
    raise SystemExit(main())
