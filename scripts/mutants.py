"""Runs mutmut and lists the mutants that no test detects; see scripts/mutants."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from harness import measurements

LOG = Path("mutants/run.log")
UNDETECTED = {"survived", "no tests", "timeout", "suspicious"}
RESULT = re.compile(r"\s*(\S+__mutmut_\d+): (.+)")
# A text with a space is a sentence for people: tests hold what they must, not each word.
SENTENCE = re.compile(r"""f?"[^"]*\s[^"]*"|f?'[^']*\s[^']*'""")

# What changes nothing, by the removed and the added code.
EQUIVALENT = (
    ('.get("tokens", ())', '.get("tokens", None)'),
    ('.get("tokens", ())', '.get("tokens", )'),  # the same None
    ('"sha256").hex()', '"SHA256").hex()'),  # names of hashes have no case
    ('"ascii"', '"ASCII"'),  # nor have those of encodings
    ("(-len(cursor) % 4)", "(+len(cursor) % 4)"),  # padding in excess is ignored
    ('request.uri_template or ""', 'request.uri_template or "XXXX"'),  # no route in either case
    ('request.context.caller or ""', 'request.context.caller or "XXXX"'),  # nor such a caller
)


def mutmut(*arguments: str) -> str:
    """Return what a command of mutmut prints."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def changed_lines(diff: str) -> tuple[list[str], list[str]]:
    """Return the removed and the added lines of a unified diff."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    return (
        [line[1:].strip() for line in lines if line.startswith("-")],
        [line[1:].strip() for line in lines if line.startswith("+")],
    )


def is_equivalent(diff: str) -> bool:
    """Return whether the diff is known to change nothing."""
    removed, added = map("\n".join, changed_lines(diff))
    return any(removed.replace(old, new) == added != removed for old, new in EQUIVALENT)


def changes_only_a_sentence(diff: str) -> bool:
    """Return whether the diff changes nothing but the words of sentences."""
    removed, added = changed_lines(diff)
    return [SENTENCE.sub("", line) for line in removed] == [
        SENTENCE.sub("", line) for line in added
    ]


def report(results: dict[str, str]) -> tuple[list[str], int]:
    """Return the undetected mutants with their changes, and how many others do no harm."""
    lines: list[str] = []
    harmless = 0
    for name in sorted(name for name, result in results.items() if result in UNDETECTED):
        diff = mutmut("show", name)
        if changes_only_a_sentence(diff) or is_equivalent(diff):
            harmless += 1
            continue
        removed, added = changed_lines(diff)
        lines += [f"{results[name]}: {name}"]
        lines += [f"  - {line}" for line in removed] + [f"  + {line}" for line in added]
    return lines, harmless


def main(names: list[str]) -> int:
    """Run all mutants or those with these names; return the exit code."""
    if not names and LOG.parent.exists():
        # mutmut keeps results of unchanged functions, though the tests may be others.
        shutil.rmtree(LOG.parent)
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("w") as log:
        command = [sys.executable, "-m", "mutmut", "run", *names]
        # mutmut runs a copy of the tests, whose results are none.
        left_out = (measurements.FILE, "PYTHONPATH")
        environment = {k: v for k, v in os.environ.items() if k not in left_out}
        run = subprocess.run(
            command, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False
        )
    if run.returncode:
        sys.stderr.write(LOG.read_text()[-3000:])
        return run.returncode
    results = dict(RESULT.findall(mutmut("results", "--all", "true")))
    undetected, harmless = report(results)
    counted = Counter(results.values())
    figures = {"mutants": len(results), **counted, "change only sentences, or nothing": harmless}
    figures |= {"not detected": sum(not line.startswith(" ") for line in undetected)}
    measurements.record(measurements.figures("Mutants of access, keys and money", figures))
    counts = ", ".join(f"{count} {result}" for result, count in counted.items())
    summary = f"{len(results)} mutants: {counts}; {harmless} of them change nothing but sentences"
    sys.stdout.write("\n".join([*undetected, summary, ""]))
    return 1 if undetected else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
