"""`scripts/chaos`: one run, its report as a page, and its verdict as the exit code."""

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
    """What `scripts/chaos` takes."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("what", choices=RUNS, help="which run")
    parser.add_argument("--seed", type=int, default=1, help="decides webhooks and faults")
    parser.add_argument("--long", action="store_true", help="100,000 webhooks")
    parser.add_argument("--minutes", type=float, default=20, help="of the soak")
    parser.add_argument("--rate", type=float, default=200, help="webhooks a second of the soak")
    parser.add_argument("--report", type=Path, default=Path("chaos.html"), help="where it goes")
    return parser


def main() -> int:
    """Return 0 if the promise was kept, 1 if it was broken, 2 for what can't be run."""
    chosen = parser().parse_args()
    try:
        kept, text = RUNS[chosen.what](chosen, shlex.join(["scripts/chaos", *sys.argv[1:]]))
    except outages.CannotMountError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    chosen.report.write_text(text, encoding="utf-8")
    verdict = "kept" if kept else "BROKEN"
    sys.stdout.write(f"The promise is {verdict}: {chosen.report}\n")
    return 0 if kept else 1


def _faults(chosen: argparse.Namespace, command: str) -> Outcome:
    result = run(plan.LONG if chosen.long else plan.SHORT, chosen.seed)
    return result.verdict.kept, page.of_faults(result, command, chosen.seed)


def _disk_full(chosen: argparse.Namespace, command: str) -> Outcome:
    outage = outages.disk_full(chosen.seed)
    return outage.kept, page.of_outage(outage, "the brokers' disks are full", command, chosen.seed)


def _topic_deleted(chosen: argparse.Namespace, command: str) -> Outcome:
    outage = outages.topic_deleted(chosen.seed)
    return outage.kept, page.of_outage(outage, "the topic is deleted", command, chosen.seed)


def _soak(chosen: argparse.Namespace, command: str) -> Outcome:
    result = soak(chosen.minutes, chosen.rate, chosen.seed)
    return result.kept, page.of_soak(result, command, chosen.seed)


RUNS: dict[str, Callable[[argparse.Namespace, str], Outcome]] = {
    "faults": _faults,
    "disk-full": _disk_full,
    "topic-deleted": _topic_deleted,
    "soak": _soak,
}

if __name__ == "__main__":
    raise SystemExit(main())
