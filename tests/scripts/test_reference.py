"""The command reference is what the commands say."""

import subprocess
import sys

from harness.tools import ROOT

REFERENCE = ROOT / "paycli/cli/README.md"


def test_the_reference_is_what_the_commands_say() -> None:
    """`scripts/reference` would write what is there; else a command has changed without it."""
    done = subprocess.run(
        [sys.executable, "scripts/reference.py"], cwd=ROOT, capture_output=True, check=True
    )
    text = done.stdout.decode()
    assert text.strip() == REFERENCE.read_text(encoding="utf-8").strip()
    # The control: what a command says is in it, word for word.
    assert "\n  paycli events backfill --since 72h --dry-run\n" in text
    assert "[PAYCLI_KAFKA_TOPIC] [default:" in text
