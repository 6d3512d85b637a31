"""The import rules are kept, and would be seen if they were not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.tools import ROOT

GROUND_FLOOR = (
    "Ground floor: nouns, errors, money, settings and the signature import nothing above them"
)

STAND_IN = "The Stripe stand-in is Python, h11 and the ground floor: its process starts at once"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Give a copy of the source and its rules."""
    for package in ("paycli", "server"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_rules(house: Path) -> set[str]:
    """Return the names of the rules that are broken, and that the verdict fits."""
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=house,
        # The copy comes before wherever the packages are installed; lines are not wrapped.
        env={**os.environ, "PYTHONPATH": str(house), "COLUMNS": "300", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (line.partition(" BROKEN") for line in result.stdout.splitlines())
    broken = {rule for rule, verdict, _ in lines if verdict}
    assert " KEPT" in result.stdout, result.stdout + result.stderr
    assert result.returncode == (1 if broken else 0)
    return broken


def test_the_source_keeps_the_import_rules(house: Path) -> None:
    """The control: as it stands, nothing is broken."""
    assert broken_rules(house) == set()


@pytest.mark.parametrize(
    ("file", "forbidden", "rule"),
    [
        ("server/app.py", "import stripe", "Foreign SDKs stay in their rooms"),
        (
            "paycli/models/records.py",
            "from paycli import events",
            GROUND_FLOOR,
        ),
        (
            "paycli/adapters/kafka_publisher.py",
            "from paycli import payments",
            "Adapters and sandbox know no use case, no table of events, and not each other",
        ),
        ("paycli/sandbox/standin/paying.py", "import pydantic", STAND_IN),
        ("paycli/sandbox/standin/paying.py", "from paycli import models", STAND_IN),
        (
            "paycli/cli/refund.py",
            "from server import app",
            "The command line knows no HTTP framework, but for paycli serve",
        ),
    ],
)
def test_a_forbidden_import_is_seen(house: Path, file: str, forbidden: str, rule: str) -> None:
    """One import across a wall, even inside a function, breaks the rule that stands there."""
    planted = house / file
    planted.write_text(f"{planted.read_text()}\n\ndef _planted() -> None:\n    {forbidden}\n")
    assert rule in broken_rules(house)
