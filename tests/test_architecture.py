"""The import rules are kept, and would be seen if they were not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.tools import ROOT

LAYERS = "Layers of paycli"
STAND_IN = "The Stripe stand-in is plain Python and h11, so that its process starts quickly"
CYCLES = "Modules have no import cycles"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a copy of the source and its rules."""
    for package in ("paycli", "server"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_rules(tree: Path) -> set[str]:
    """Return the names of the rules that are broken, and that the verdict fits."""
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        # The copy comes before wherever the packages are installed; lines are not wrapped.
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "300", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (line.partition(" BROKEN") for line in result.stdout.splitlines())
    broken = {rule for rule, verdict, _ in lines if verdict}
    assert " KEPT" in result.stdout, result.stdout + result.stderr
    assert result.returncode == (1 if broken else 0)
    return broken


def test_the_source_keeps_the_import_rules(tree: Path) -> None:
    """The control: as it stands, nothing is broken."""
    assert broken_rules(tree) == set()


@pytest.mark.parametrize(
    ("file", "forbidden", "rule"),
    [
        ("paycli/models/records.py", "from paycli.events import catalogue", LAYERS),
        ("paycli/events/catalogue.py", "from paycli.webhooks import ingest", LAYERS),
        ("paycli/payments/refunds.py", "from paycli.ops import backfill", LAYERS),
        ("server/api/payments.py", "from server.http import sockets", "Layers of the daemon"),
        ("server/http/sockets.py", "from server.api import health", "Layers of the daemon"),
        (
            "paycli/adapters/kafka/publisher.py",
            "from paycli.payments import payments",
            "Adapters and the sandbox import no use case and not each other",
        ),
        (
            "paycli/adapters/kafka/publisher.py",
            "from paycli.adapters.stripe import calls",
            "Adapters are independent of each other",
        ),
        ("paycli/sandbox/standin/resources/payment_lifecycle.py", "import pydantic", STAND_IN),
        (
            "paycli/sandbox/standin/resources/payment_lifecycle.py",
            "from paycli import models",
            STAND_IN,
        ),
        (
            "server/app.py",
            "import stripe",
            "SDKs are imported by adapters, the command line and the sandbox alone",
        ),
        (
            "paycli/cli/refund.py",
            "from server import app",
            "The command line imports no HTTP framework, except for serve",
        ),
        (
            "paycli/cli/refund.py",
            "from paycli.adapters.stripe import gateway",
            "Only the composition root imports adapters",
        ),
        ("paycli/ops/topic_range.py", "from paycli.ops import replay", CYCLES),
        ("server/http/interface.py", "from server.http.waitress import server", CYCLES),
    ],
)
def test_a_forbidden_import_is_found(tree: Path, file: str, forbidden: str, rule: str) -> None:
    """One import against a rule, even inside a function, breaks that rule."""
    planted = tree / file
    planted.write_text(f"{planted.read_text()}\n\ndef _planted() -> None:\n    {forbidden}\n")
    assert rule in broken_rules(tree)
