"""`scripts/results`: does runs, keeps what they have measured, and writes the page."""

import argparse
import sys

from . import page
from .measuring import log, measure
from .runs import last, sections, select


def main() -> int:
    """Return 1 if a run has failed, 2 if there is none of a name, else 0."""
    parser = argparse.ArgumentParser(prog="scripts/results", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a run, or a pattern such as 'a*'")
    parser.add_argument("--list", action="store_true", help="list the runs, and measure nothing")
    options = parser.parse_args()
    if options.list:
        _list()
        return 0
    try:
        runs = select(options.names)
    except LookupError as error:
        log(f"there is no run {error}; scripts/results --list shows all")
        return 2
    failed = []
    for run in runs:
        log(f"{run.name}: {run.command}")
        measured = measure(run)
        if measured.exit_code or not measured.tables:
            failed.append(run.name)
            log(f"{run.name}: exit code {measured.exit_code}, {len(measured.tables)} tables")
        # A broken promise is a result, too; a run that could not measure anything is none.
        if measured.tables:
            measured.write(run.path)
    page.write()
    if failed:
        log(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _list() -> None:
    for section in sections():
        for run in section.runs:
            measured = last(run)
            when = f"{measured.date} {measured.commit}" if measured else "never"
            sys.stdout.write(f"{run.name:24} {when:22} {run.command}\n")


if __name__ == "__main__":
    raise SystemExit(main())
