"""Measures the start of commands in turn, so that a busy machine affects all of them alike."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.measurements import Table, record

EMPTY = """
import typer
app = typer.Typer()
@app.command()
def one(): pass
@app.command()
def two(): pass
app()
"""
SIGNATURE = "t=1,v1=" + "0" * 64
LIMITS = {"--help": 1.3, "webhook verify": 1.5}


def seconds(command: list[str], folder: Path) -> float:
    """Returns the duration of one run."""
    environment = {**os.environ, "PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_of_the_startup_0001"}
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return time.perf_counter() - started


def main() -> None:
    """Prints the median of each command, and its ratio to the empty application with its limit."""
    runs = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "empty.py").write_text(EMPTY)
        (folder / "body.json").write_text("{}")
        empty, paycli = [sys.executable, "empty.py"], [sys.executable, "-m", "paycli"]
        commands = {
            "empty --help": [*empty, "--help"],
            "--help": [*paycli, "--help"],
            "empty one": [*empty, "one"],
            "webhook verify": [*paycli, "webhook", "verify", "body.json", "--signature", SIGNATURE],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs + 1):
            for name, command in commands.items():
                times[name].append(seconds(command, folder))
    medians = {name: statistics.median(each[1:]) for name, each in times.items()}
    counterparts = {"--help": "empty --help", "webhook verify": "empty one"}
    rows = []
    for name, median in medians.items():
        row = [name, f"{median * 1000:.0f} ms", "", ""]
        if name in counterparts:
            ratio = median / medians[counterparts[name]]
            row[2:] = [f"{ratio:.2f}", f"at most {LIMITS[name]}"]
        rows.append(row)
        sys.stdout.write(f"{row[0]:15} {row[1]:>8}  {row[2]} {row[3]}\n")
    headings = ["command", "median", "ratio to the empty application", "goal"]
    record(Table(f"Start of commands, {runs} runs of each in turn", headings, rows))


if __name__ == "__main__":
    main()
