"""`scripts/results` keeps what a run measures, and the page states only that."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness import measurements
from harness.markdown import documents, read
from harness.measurements import Table
from harness.tools import ROOT
from results import page
from results.measuring import measure
from results.runs import FOLDER, Measured, Run, Section, sections, select

RECORDING = f"{sys.executable} -m harness.measurements Waiting 'longest, s'=1.5 'of 3'=2"


@pytest.fixture
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests"))


@pytest.mark.usefixtures("_importable")
def test_a_run_is_kept_with_its_origin(tmp_path: Path) -> None:
    """The tables of a run are kept, with commit, machine, Python, date and exit code."""
    measured = measure(Run("waiting", f"{RECORDING}; exit 3"))
    assert measured.tables == [Table("Waiting", ["", ""], [["longest, s", "1.5"], ["of 3", "2"]])]
    assert measured.exit_code == 3
    head = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    commit = subprocess.run(head, capture_output=True, text=True, check=True).stdout
    assert commit.startswith(measured.commit.rstrip("+"))
    assert measured.python == sys.version.partition(" ")[0]
    measured.write(tmp_path / "waiting.json")
    assert json.loads((tmp_path / "waiting.json").read_text())["tables"][0]["title"] == "Waiting"


def test_without_scripts_results_nothing_is_kept(tmp_path: Path) -> None:
    """A run that is started by itself writes no file."""
    measurements.record(Table("Waiting", ["", ""], []))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (100_000, "100,000"),
        (0, "0"),
        (0.12345, "0.123"),
        (1234.56, "1,235"),
        (2.0, "2"),
        ({503: 2, 200: 1_500}, "200: 1,500, 503: 2"),
        ("holds", "holds"),
    ],
)
def test_figures_are_written_for_people(value: object, text: str) -> None:
    """Thousands have separators, and small numbers three digits."""
    assert measurements.text(value) == text


def test_the_page_is_what_was_measured() -> None:
    """tests/RESULTS.md is what `scripts/results` writes from the files of the runs."""
    assert read("tests/RESULTS.md") == page.text(sections())


def test_the_figures_of_the_documents_are_those_measured() -> None:
    """Each figure that a document takes from a run is the one that is in its file."""
    found = 0
    for name in documents():
        document = read(name)
        found += len(page.FIGURE.findall(document))
        assert page.with_figures(document) == document, name
    assert found


def test_a_document_has_the_figure_without_its_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    """An outdated figure is replaced, by the median alone."""
    figures = {"a; b; c, d; e": "1.2 (1.1 to 2)"}
    monkeypatch.setattr("results.page.figure", figures.__getitem__)
    document = "takes <!-- figure a; b; c, d; e -->7<!-- end --> µs"
    assert page.with_figures(document) == "takes <!-- figure a; b; c, d; e -->1.2<!-- end --> µs"


@pytest.mark.parametrize(
    "place", ["soap; A; b; c", "faults-7; No such title; webhooks sent", "faults-7"]
)
def test_a_figure_that_was_not_measured_is_an_error(place: str) -> None:
    """The control: a run, a table or a row that is not there is reported with its place."""
    with pytest.raises(LookupError, match=place.partition(";")[0]):
        page.figure(place)


def test_every_run_was_measured() -> None:
    """Each run has its file, and each file its run; names are used once."""
    names = [run.name for section in sections() for run in section.runs]
    assert len(names) == len(set(names))
    assert {file.stem for file in FOLDER.glob("*.json")} == set(names)


def test_runs_are_selected_by_pattern() -> None:
    """A pattern selects all runs that it matches; a name without a run is an error."""
    assert [run.name for run in select(["faults-*", "faults-7"])][:2] == ["faults-7", "faults-8"]
    with pytest.raises(LookupError, match="faults-77"):
        select(["faults-77"])


def test_runs_with_a_column_share_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures of seeds stand beside each other; what one lacks is empty."""
    one = Run("one", "scripts/chaos faults --seed 1", shows="Nothing is lost.", column="seed 1")
    two = Run("two", "scripts/chaos faults --seed 2", column="seed 2")
    of_one = Table("Faults", ["", ""], [["lost", "0"], ["a|b <c>", "1"]])
    of_two = Table("Faults", ["", ""], [["lost", "2"]])
    kept = dict.fromkeys(("date", "commit", "machine", "python"), "x")
    results = {
        run.name: Measured(**kept, minutes=1, other_use=0.25, exit_code=code, tables=[table])
        for run, table, code in ((one, of_one, 0), (two, of_two, 1))
    }
    monkeypatch.setattr("results.page.last", lambda run: results[run.name])
    text = page.text([Section("Promises", "", [one, two])])
    assert "|  | seed 1 | seed 2 |\n|---|---:|---:|\n| lost | 0 | 2 |\n" in text
    assert r"| a\|b &lt;c> | 1 |  |" in text
    assert "`scripts/chaos faults --seed 2` · **failed with exit code 1**" in text
