"""Measures several Pythons in turn, in processor time: a busy machine affects all alike."""

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from harness.measurements import Table, record

WEBHOOK = """
import runpy, time
names = runpy.run_path("tests/server/test_cost.py")
with names["daemon_logging"]():
    for work in (names["webhook"](), names["fixed_work"]):
        best = float("inf")
        for _ in range(20):
            started = time.process_time()
            for _ in range(100):
                work()
            best = min(best, time.process_time() - started)
        print(best * 10_000)
"""
"""Prints the processor time of a webhook, and of the work that none can avoid, in microseconds."""

ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": "tests"}
READY = b'"sandbox_ready"'
COLUMNS = {
    "webhook": "µs",
    "fixed work": "µs",
    "interpreter": "ms",
    "paycli --help": "ms",
    "sandbox: start and stop": "ms",
}


@contextmanager
def processor_ms(figures: list[float]) -> Iterator[None]:
    """Appends the processor time of the processes that end within the context."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    yield
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)


def run_sandbox(python: str) -> None:
    """Starts a daemon with a sandbox, and stops it when it is ready."""
    settings = {"PAYCLI_LISTEN": "127.0.0.1:0", "PAYCLI_LOG_FORMAT": "json"}
    with subprocess.Popen(
        [python, "-m", "paycli", "serve", "--sandbox"],
        env={**ENVIRONMENT, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as daemon:
        assert daemon.stdout is not None
        is_ready = READY in daemon.stdout.readline()
        daemon.terminate()
        daemon.stdout.read()
    if not is_ready or daemon.returncode:
        sys.exit(f"{python}: the daemon did not start and stop")


def measure(python: str) -> list[float]:
    """Returns one figure for each column."""
    command = [python, "-c", WEBHOOK]
    webhook = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    figures = [float(it) for it in webhook.stdout.split()]
    for arguments in (["-c", "pass"], ["-m", "paycli", "--help"]):
        with processor_ms(figures):
            subprocess.run(
                [python, *arguments], env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True
            )
    with processor_ms(figures):
        run_sandbox(python)
    return figures


def main() -> None:
    """Prints a table: a row for each Python."""
    rounds, pythons = int(sys.argv[1]), sys.argv[2:]
    figures: dict[str, list[list[float]]] = {python: [] for python in pythons}
    for _ in range(rounds):
        for python in pythons:
            figures[python].append(measure(python))
    medians = {
        python: [statistics.median(column) for column in zip(*rows, strict=True)]
        for python, rows in figures.items()
    }
    rows = []
    for python in pythons:
        version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout
        cells = [
            f"{median:.0f} {unit} ({median / first:.2f})"
            for median, first, unit in zip(
                medians[python], medians[pythons[0]], COLUMNS.values(), strict=True
            )
        ]
        rows.append([version.split()[1], *cells])
    title = f"Processor time, and its ratio to the first row; medians of {rounds} rounds"
    record(Table(title, ["Python", *COLUMNS], rows))
    for row in (["Python", *COLUMNS], *rows):
        sys.stdout.write("  ".join(f"{cell:>23}" for cell in row) + "\n")


if __name__ == "__main__":
    main()
