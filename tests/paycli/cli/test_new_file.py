"""Files are complete, and never written through a symbolic link."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from paycli.cli.events.checkpoint import Checkpoint, ResumeInvalid
from paycli.cli.new_file import (
    is_reserved,
    new_file_or_stdout,
    new_private_file,
    written_atomically,
)

PURPOSE = {"source": "a", "topic": "t", "filters": []}


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """Give a file that somebody else wants to be overwritten."""
    file = tmp_path / "victim"
    file.write_text("precious")
    return file


def test_a_link_at_the_part_file_is_not_followed(tmp_path: Path, victim: Path) -> None:
    """The file that the link points to is unchanged, and the new file is complete."""
    (tmp_path / "out.jsonl.part").symlink_to(victim)
    with written_atomically(tmp_path / "out.jsonl") as out:
        out.write(b"new")
    assert victim.read_text() == "precious"
    assert (tmp_path / "out.jsonl").read_bytes() == b"new"
    assert not (tmp_path / "out.jsonl").is_symlink()
    assert sorted(it.name for it in tmp_path.iterdir()) == ["out.jsonl", "victim"]


@pytest.mark.parametrize("name", ["progress", "progress.part"])
def test_a_checkpoint_is_not_written_through_a_link(
    tmp_path: Path, victim: Path, name: str
) -> None:
    """Neither through a link at the file of --resume nor through one next to it."""
    victim.write_text(json.dumps({"purpose": PURPOSE, "done": {}}))
    before = victim.read_text()
    (tmp_path / name).symlink_to(victim)
    Checkpoint(tmp_path / "progress", PURPOSE).advance({0: 7})
    assert victim.read_text() == before
    assert Checkpoint(tmp_path / "progress", PURPOSE).next_offsets == {0: 7}


def test_a_name_that_no_file_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option without a value is an error of the usage, and so is `-` for standard output."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(IsADirectoryError), written_atomically(Path()):
        pass
    for name in ("", "-", "/"):
        with pytest.raises(typer.BadParameter), new_file_or_stdout(Path(name)):
            pass
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """After an error in the middle neither file exists."""

    def fail() -> None:
        with written_atomically(tmp_path / "out") as out:
            out.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_private_file_is_written_by_one_process_only(tmp_path: Path) -> None:
    """While one writes it, and afterwards, another one fails; an interrupted one is replaced."""
    file = tmp_path / "secret"
    file.touch(mode=0o600)  # as a killed process leaves it
    assert is_reserved(file)
    with new_private_file(file) as out:
        with pytest.raises(FileExistsError, match="another process"), new_private_file(file):
            pass
        out.write(b"first")
    with pytest.raises(FileExistsError), new_private_file(file):
        pass
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"first", 0o600)
    assert (is_reserved(file), is_reserved(tmp_path / "missing")) == (False, False)


@pytest.mark.parametrize("kind", ["readable", "link", "full", "directory", "fifo"])
def test_a_private_file_replaces_nothing_else(tmp_path: Path, victim: Path, kind: str) -> None:
    """An empty file that others can read, or what is no empty file, stays as it is."""
    file = tmp_path / "secret"
    make: dict[str, Callable[[], object]] = {
        "readable": lambda: file.touch(mode=0o644),
        "link": lambda: file.symlink_to(victim),
        "full": lambda: file.write_text("x"),
        "directory": file.mkdir,
        "fifo": lambda: os.mkfifo(file, 0o600),
    }
    make[kind]()
    before = file.lstat()
    with pytest.raises(OSError), new_private_file(file):  # noqa: PT011  (of several classes)
        pass
    assert file.lstat()[:7] == before[:7]
    assert not is_reserved(file)
    assert victim.read_text() == "precious"


@pytest.mark.parametrize(
    "done",
    [
        '{"0": -5}',
        '{"0": Infinity}',
        '{"0": 1e999}',
        '{"0": 1.5}',
        '{"0": true}',
        '{"0": 9223372036854775808}',
        '{"-1": 0}',
        '{"1099511627776": 0}',
        '{"x": 0}',
        "[]",
        "[" * 100_000,
    ],
)
def test_offsets_that_kafka_cannot_have_are_refused(tmp_path: Path, done: str) -> None:
    """A changed file of --resume is refused, since Kafka gives negative offsets a meaning."""
    file = tmp_path / "progress"
    file.write_text(f'{{"purpose": {json.dumps(PURPOSE)}, "done": {done}}}')
    with pytest.raises(ResumeInvalid, match="not a file written by --resume"):
        Checkpoint(file, PURPOSE)


def test_a_file_of_resume_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    """It is an error of ours, not a traceback."""
    with pytest.raises(ResumeInvalid, match="can't be written"):
        Checkpoint(tmp_path / "missing" / "progress", PURPOSE).advance({0: 7})
