"""`scripts/bench`: measures, prints tables, and keeps all figures in a file and on a page."""

import argparse
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.kafka_broker import KafkaBroker
from harness.tools import ROOT

from . import page, payments, results, table, volume, webhooks
from .arena import Arena, say
from .contestants import CONTESTANTS, PAYING, Contestant, chosen
from .figures import LIMITS
from .results import SATURATION, Results

OURS = "waitress,waitress-2,granian,granian-2"
PEERS = "go,spring-tuned,spring,fastapi,fastapi-2"
EVERYBODY = f"{OURS},{PEERS},limit,limit-granian"
RATES = "100,500,1000,2000,max"
CLI_SCRIPTS = ("startup", "bulk")


def parser() -> argparse.ArgumentParser:
    """What `scripts/bench` takes."""
    names = ", ".join([*CONTESTANTS, *LIMITS])
    kept = argparse.ArgumentParser(add_help=False)
    kept.add_argument("--json", type=Path, default=Path("bench.json"), help="all figures")
    kept.add_argument("--page", type=Path, default=Path("bench.html"), help="tables and plots")
    turns = argparse.ArgumentParser(add_help=False)
    turns.add_argument("--rounds", type=int, default=3)
    turns.add_argument("--seconds", type=float, default=10, help="each load lasts")
    turns.add_argument("--append", action="store_true", help="add rounds to those in --json")

    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    race = commands.add_parser("webhooks", parents=[kept, turns], help="all under every load")
    race.add_argument("--contestants", type=_names, default=EVERYBODY, help=f"of {names}")
    race.add_argument("--rates", type=_rates, default=RATES, help="a second; max: no pause")
    till = commands.add_parser("payments", parents=[kept, turns], help="alone, beside webhooks")
    paying = ", ".join(PAYING)
    till.add_argument("--contestants", type=_paying, default=paying, help=f"of {paying}")
    till.add_argument("--latency-ms", type=int, default=400, help="Stripe's own time")
    events = commands.add_parser("events", parents=[kept], help="their cost, by number and size")
    events.add_argument("--contestants", type=_names, default="waitress", help=f"of {names}")
    events.add_argument("--count", type=int, default=1_000_000)
    events.add_argument("--of-a-size", type=int, default=4_000, help="events of each size")
    commands.add_parser("cli", help="start of commands; export and replay beside kcat")
    commands.add_parser("report", parents=[kept], help="tables and page of --json again")
    return parser


def main() -> int:
    """Return 0, or 1 if somebody was disqualified."""
    options = parser().parse_args()
    return RUNS[options.what](options)


def _webhooks(options: argparse.Namespace) -> int:
    contestants = _able(options.contestants)

    def rounds(arena: Arena, found: Results) -> Callable[[], None]:
        race = webhooks.Race(arena, found, options.seconds)
        return lambda: race.round(contestants, options.rates)

    return _rounds(options, rounds)


def _payments(options: argparse.Namespace) -> int:
    def rounds(arena: Arena, found: Results) -> Callable[[], None]:
        till = payments.Till(arena, found, options.seconds, options.latency_ms)
        return lambda: till.round(options.contestants)

    return _rounds(options, rounds)


def _rounds(
    options: argparse.Namespace, rounds: Callable[[Arena, Results], Callable[[], None]]
) -> int:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    command = shlex.join(["scripts/bench", *sys.argv[1:]])
    found = results.read(options.json) if options.append else Results(command, machine)
    with KafkaBroker() as broker:
        arena = Arena(broker)
        webhooks.warm(arena, CONTESTANTS["go"])
        run = rounds(arena, found)
        for _ in range(options.rounds):
            run()
            found.write(options.json)
    return _report(options)


def _report(options: argparse.Namespace) -> int:
    found = results.read(options.json)
    table.show(table.tables(found))
    options.page.write_text(page.page(found), encoding="utf-8")
    return 1 if found.problems() else 0


def _events(options: argparse.Namespace) -> int:
    found = []
    with KafkaBroker() as broker:
        arena = Arena(broker)
        for contestant in _able(options.contestants):
            found.append(volume.by_size(arena, contestant, options.of_a_size))
            found.append(volume.by_count(arena, contestant, options.count))
    options.page.write_text(page.of_costs(found), encoding="utf-8")
    table.show([table.of_costs(found)])
    return 1 if any(costs.problem for costs in found) else 0


def _cli(_options: argparse.Namespace) -> int:
    codes = [subprocess.call([ROOT / "scripts" / name]) for name in CLI_SCRIPTS]
    return max(codes)


def _names(text: str) -> list[Contestant]:
    try:
        return chosen(text.replace(" ", "").split(","))
    except KeyError as unknown:
        raise argparse.ArgumentTypeError(f"nobody is named {unknown}") from None


def _paying(text: str) -> list[Contestant]:
    try:
        return [PAYING[name] for name in text.replace(" ", "").split(",")]
    except KeyError as unknown:
        raise argparse.ArgumentTypeError(f"nobody is named {unknown}") from None


def _rates(text: str) -> list[float]:
    return [SATURATION if rate == "max" else float(rate) for rate in text.split(",")]


def _able(contestants: list[Contestant]) -> list[Contestant]:
    """Return those that can run here, and tell who can't."""
    missing = {contestant.name: contestant.needs() for contestant in contestants}
    for name, what in missing.items():
        if what:
            say(f"{name} is left out: {what}")
    return [contestant for contestant in contestants if missing[contestant.name] is None]


RUNS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "webhooks": _webhooks,
    "payments": _payments,
    "events": _events,
    "cli": _cli,
    "report": _report,
}

if __name__ == "__main__":
    raise SystemExit(main())
