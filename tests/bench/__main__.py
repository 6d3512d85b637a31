"""`scripts/bench`: measures, prints tables, and writes all figures to a file and an HTML page."""

import argparse
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from harness import measurements
from harness.kafka_broker import KafkaBroker
from harness.tools import ROOT

from . import page, payments, profile, results, table, volume, webhooks
from .contestants import CONTESTANTS, PAYMENT_CONTESTANTS, WORKERS, Contestant, select
from .figures import LIMITS
from .results import SATURATION, Results
from .workbench import Workbench

DEFAULT_CONTESTANTS = "waitress,waitress-2,threads,go,spring-tuned,spring,fastapi,fastapi-2,limit"
DEFAULT_PAYMENT_CONTESTANTS = "waitress,waitress-200,spring"
DEFAULT_RATES = "100,500,1000,2000,max"
CLI_SCRIPTS = ("startup", "bulk")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    output = _output("bench")
    rounds = argparse.ArgumentParser(add_help=False)
    rounds.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    rounds.add_argument("--seconds", type=float, default=10, help="duration of each load")
    rounds.add_argument("--append", action="store_true", help="add rounds to those in --json")

    all_names = f"comma-separated: {', '.join([*CONTESTANTS, *LIMITS])}"
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    command = commands.add_parser(
        "webhooks", parents=[output, rounds], help="webhooks at several rates and at saturation"
    )
    command.add_argument(
        "--contestants", type=_contestants, default=DEFAULT_CONTESTANTS, help=all_names
    )
    command.add_argument(
        "--rates", type=_rates, default=DEFAULT_RATES, help="webhooks per second; max: no pause"
    )
    command = commands.add_parser(
        "workers",
        parents=[_output("workers"), rounds],
        help="1, 2 and 4 workers, and all else that scripts/scaling reads",
    )
    command.set_defaults(
        contestants=[CONTESTANTS[name] for name in (*WORKERS.values(), "ack")],
        rates=[1_000.0, SATURATION],
    )
    command = commands.add_parser(
        "payments", parents=[output, rounds], help="payments alone and together with webhooks"
    )
    command.add_argument(
        "--contestants",
        type=_payment_contestants,
        default=DEFAULT_PAYMENT_CONTESTANTS,
        help=f"comma-separated: {', '.join(PAYMENT_CONTESTANTS)}",
    )
    command.add_argument(
        "--latency-ms", type=int, default=400, help="Stripe's response time in milliseconds"
    )
    command = commands.add_parser(
        "events", parents=[output], help="cost of an event by their number and size"
    )
    command.add_argument("--contestants", type=_contestants, default="waitress", help=all_names)
    command.add_argument("--count", type=int, default=1_000_000, help="number of events")
    command.add_argument("--of-a-size", type=int, default=4_000, help="number of events per size")
    command = commands.add_parser("profile", help="where the processor time of a webhook goes")
    command.add_argument("--seconds", type=float, default=8, help="duration of each sampling")
    commands.add_parser("cli", help="start of commands; export and replay compared with kcat")
    commands.add_parser("report", parents=[output], help="print tables and page of --json again")
    return parser


def _output(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--json", type=Path, default=Path(f"{name}.json"), help="file of all figures"
    )
    parser.add_argument(
        "--page", type=Path, default=Path(f"{name}.html"), help="HTML file of tables and charts"
    )
    return parser


def main() -> int:
    """Return 0, or 1 if a contestant was disqualified."""
    options = parser().parse_args()
    return RUNS[options.what](options)


def _webhooks(options: argparse.Namespace) -> int:
    def measure(workbench: Workbench, results: Results) -> Callable[[], None]:
        benchmark = webhooks.WebhookBenchmark(workbench, results, options.seconds)
        return lambda: benchmark.round(options.contestants, options.rates)

    return _rounds(options, measure)


def _payments(options: argparse.Namespace) -> int:
    def measure(workbench: Workbench, results: Results) -> Callable[[], None]:
        benchmark = payments.PaymentBenchmark(
            workbench, results, options.seconds, options.latency_ms
        )
        return lambda: benchmark.round(options.contestants)

    return _rounds(options, measure)


def _rounds(
    options: argparse.Namespace, measure: Callable[[Workbench, Results], Callable[[], None]]
) -> int:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    command = shlex.join(["scripts/bench", *sys.argv[1:]])
    measured = results.read(options.json) if options.append else Results(command, machine)
    with KafkaBroker(java_options=()) as broker:
        workbench = Workbench(broker)
        webhooks.warm_up_broker(workbench, CONTESTANTS["go"])
        run_round = measure(workbench, measured)
        for _ in range(options.rounds):
            run_round()
            measured.write(options.json)
    return _report(options)


def _report(options: argparse.Namespace) -> int:
    measured = results.read(options.json)
    tables = table.tables(measured)
    table.show(tables)
    measurements.record(*tables)
    options.page.write_text(page.page(measured), encoding="utf-8")
    return 1 if measured.problems() else 0


def _events(options: argparse.Namespace) -> int:
    costs = []
    with KafkaBroker(java_options=()) as broker:
        workbench = Workbench(broker)
        for contestant in options.contestants:
            costs.append(volume.by_size(workbench, contestant, options.of_a_size))
            costs.append(volume.by_count(workbench, contestant, options.count))
    options.page.write_text(page.costs_page(costs), encoding="utf-8")
    costs_table = table.costs_table(costs)
    table.show([costs_table])
    measurements.record(costs_table)
    return 1 if any(each.problem for each in costs) else 0


def _profile(options: argparse.Namespace) -> int:
    with KafkaBroker(java_options=()) as broker:
        tables = profile.profile(Workbench(broker), options.seconds)
    table.show(tables)
    measurements.record(*tables)
    return 0


def _cli(_options: argparse.Namespace) -> int:
    return max(subprocess.call([ROOT / "scripts" / name]) for name in CLI_SCRIPTS)


def _contestants(text: str) -> list[Contestant]:
    try:
        return select(_names(text))
    except KeyError as unknown:
        raise argparse.ArgumentTypeError(f"there is no contestant {unknown}") from None


def _payment_contestants(text: str) -> list[Contestant]:
    try:
        return [PAYMENT_CONTESTANTS[name] for name in _names(text)]
    except KeyError as unknown:
        raise argparse.ArgumentTypeError(f"there is no contestant {unknown}") from None


def _names(text: str) -> list[str]:
    return text.replace(" ", "").split(",")


def _rates(text: str) -> list[float]:
    return [SATURATION if rate == "max" else float(rate) for rate in text.split(",")]


RUNS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "webhooks": _webhooks,
    "workers": _webhooks,
    "payments": _payments,
    "events": _events,
    "profile": _profile,
    "cli": _cli,
    "report": _report,
}

if __name__ == "__main__":
    raise SystemExit(main())
