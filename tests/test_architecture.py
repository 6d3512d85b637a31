"""The rules of imports, names and words hold, and a violation of each is found."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from harness.tools import ROOT

LAYERS = "Layers of paycli"
STAND_IN = "The Stripe stand-in is plain Python and h11, so that its process starts quickly"
CYCLES = "Modules have no import cycles"

# Words that need a translation for the reader; each has a standard term, which is to be used.
UNCLEAR_WORDS = (
    r"told|tells?",
    r"nobody|somebody|whoever",
    r"tak(e|es|en|ing) in|took in",
    r"(let|lets|letting) \w+ in",
    r"patiently",
    r"bury|buries|buried",
    r"left alone",
    r"rubbish",
)
UNCLEAR = re.compile(rf"\b({'|'.join(UNCLEAR_WORDS)})\b", re.IGNORECASE)


PLANTED = [
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
    ("server/http/interface.py", "from server.http import server", CYCLES),
]
"""Forbidden imports: the file, the import and the rule that it breaks."""


def copy_source(folder: Path) -> Path:
    """Copy the source and the import rules to a folder, and return it."""
    for package in ("paycli", "server"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the source and of the import rules."""
    return copy_source(tmp_path)


def broken_rules(tree: Path) -> dict[str, str]:
    """Return what is reported of each broken rule, and check that the exit code agrees."""
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        # The copy takes precedence over the installed packages; lines are not wrapped.
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "300", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts, _, reports = result.stdout.partition("\nBroken contracts\n")
    lines = (line.partition(" BROKEN") for line in verdicts.splitlines())
    broken = [rule for rule, verdict, _ in lines if verdict]
    assert re.search(rf"^Contracts: \d+ kept, {len(broken)} broken", verdicts, re.MULTILINE), (
        result.stdout + result.stderr
    )
    assert result.returncode == (1 if broken else 0)
    # Each report has the underlined rule as its heading.
    sections = re.split(r"^(.+)\n-+\n", reports, flags=re.MULTILINE)
    return {rule: sections[sections.index(rule) + 1] for rule in broken}


def test_the_source_keeps_the_import_rules(tree: Path) -> None:
    """The unchanged source breaks no rule."""
    assert broken_rules(tree) == {}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what is reported of each rule in a copy of the source with all forbidden imports."""
    tree = copy_source(tmp_path_factory.mktemp("planted"))
    for file, forbidden, _ in PLANTED:
        text = (tree / file).read_text()
        (tree / file).write_text(f"{text}\n\ndef _planted() -> None:\n    {forbidden}\n")
    return broken_rules(tree)


@pytest.mark.parametrize(("file", "forbidden", "rule"), PLANTED)
def test_a_forbidden_import_is_found(
    reports: dict[str, str], file: str, forbidden: str, rule: str
) -> None:
    """The control: each forbidden import, even inside a function, is reported for its rule."""
    importer = file.removesuffix(".py").replace("/", ".")
    imported = ".".join(re.findall(r"(?:from|import) (\S+)", forbidden))
    if rule == CYCLES:
        # It is reported by the names within their package.
        importer, imported = (f".{module.rpartition('.')[2]}" for module in (importer, imported))
    assert re.search(rf"{re.escape(f'{importer} -> {imported}')} \(", reports[rule])


@cache  # The source is parsed once, for the test and for its control.
def class_names(source: str) -> list[str]:
    """Return the names of the classes that a module defines, even inside functions."""
    nodes = ast.walk(ast.parse(source))
    return [node.name for node in nodes if isinstance(node, ast.ClassDef)]


def duplicate_classes(root: Path) -> dict[str, list[str]]:
    """Return the modules of each class name that `paycli` and `server` define more than once."""
    modules: dict[str, list[str]] = defaultdict(list)
    for package in ("paycli", "server"):
        for file in sorted((root / package).rglob("*.py")):
            for name in class_names(file.read_text("utf-8")):
                modules[name].append(str(file.relative_to(root)))
    return {name: files for name, files in modules.items() if len(files) > 1}


def test_no_two_classes_share_a_name() -> None:
    """A class name identifies one class of both packages."""
    assert duplicate_classes(ROOT) == {}


def test_a_duplicate_class_is_found(tree: Path) -> None:
    """The control: a second class with an existing name is found, even inside a function."""
    planted = tree / "server/app.py"
    planted.write_text(
        f"{planted.read_text()}\n\ndef _planted() -> None:\n    class Payment: ...\n"
    )
    assert duplicate_classes(tree) == {
        "Payment": ["paycli/models/payments/payment.py", "server/app.py"],
    }


def texts(root: Path) -> Iterator[Path]:
    """Yield the sources of both packages, the scripts and all documents."""
    for directory in ("paycli", "server", "scripts"):
        yield from (root / directory).rglob("*.py")
    yield from (file for file in (root / "scripts").iterdir() if file.is_file() and not file.suffix)
    yield from root.glob("*.md")
    for directory in (".github", "paycli", "server", "scripts", "tests"):
        yield from (root / directory).rglob("*.md")


def unclear_lines(file: Path) -> list[str]:
    """Return the lines of a file that contain an unclear word, with their numbers."""
    lines = file.read_text("utf-8").splitlines()
    return [f"{file}:{n}: {line}" for n, line in enumerate(lines, start=1) if UNCLEAR.search(line)]


def test_texts_use_standard_terms() -> None:
    """Sources and documents contain none of the unclear words."""
    assert [line for file in texts(ROOT) for line in unclear_lines(file)] == []


@pytest.mark.parametrize(
    "text",
    [
        "The caller is told.",
        "It tells why.",
        "Nobody waits.",
        "for whoever asks",
        "Reports are taken in.",
        "take in",
        "lets callers in",
        "connects patiently",
        "buries the worker",
        "is left alone",
        "answers Rubbish",
    ],
)
def test_an_unclear_word_is_found(tmp_path: Path, text: str) -> None:
    """The control: each unclear word is found, in any case, and similar words are not."""
    file = tmp_path / "text.md"
    file.write_text(f"Tolerance, intelligent, retold, taken into account.\n{text}\n")
    assert unclear_lines(file) == [f"{file}:2: {text}"]
