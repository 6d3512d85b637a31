"""Only what is locked is installed: with its hash, or not at all."""

import base64
import hashlib
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from harness.tools import ROOT

LOCKS = ("scripts/requirements.lock", "scripts/audit.lock", "scripts/bench.lock")


def requirements(text: str) -> list[str]:
    """Each requirement of a lock with its hashes, in one line."""
    lines = "\n".join(line.partition(" #")[0].rstrip() for line in text.splitlines())
    return [line for line in lines.replace("\\\n", " ").splitlines() if line.strip(" #")]


def unlocked(text: str) -> list[str]:
    """The requirements that do not pin one version by SHA-256, or that name an address."""
    pinned = re.compile(r"[\w.-]+==[\w.]+(?: ;[^#]*?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*")
    wrong = [line for line in requirements(text) if not pinned.fullmatch(line)]
    return wrong + re.findall(r"\S*://\S*", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_by_its_hashes(lock: str) -> None:
    """No requirement is open, and none says where it comes from."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert len(requirements(text)) > 20
    assert unlocked(text) == []


@pytest.mark.parametrize(
    "line",
    [
        "falcon>=4",
        "falcon==4.1.0",
        "falcon==4.1.0 --hash=md5:00",
        "falcon @ https://example.test/falcon.whl --hash=sha256:" + "0" * 64,
        "--index-url https://example.test/simple",
    ],
)
def test_an_open_requirement_is_noticed(line: str) -> None:
    """The control: a line of another form is told."""
    assert unlocked(line)


@pytest.mark.parametrize("script", ["scripts/setup", "scripts/audit", "Dockerfile"])
def test_whatever_installs_a_lock_demands_the_hashes(script: str) -> None:
    """Each command that reads a lock asks pip for hashes, and for wheels, which run nothing."""
    text = (ROOT / script).read_text(encoding="utf-8").replace("\\\n", " ")
    commands = [line for line in text.splitlines() if re.search(r"pip .*\.lock", line)]
    assert commands
    for command in commands:
        assert {"--require-hashes", "--only-binary"} <= set(shlex.split(command))


def wheel(folder: Path) -> Path:
    """A package of one file."""
    file = folder / "tiny-1.0-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
    tag = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", metadata)
        archive.writestr("tiny-1.0.dist-info/WHEEL", tag)
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    return file


def install(folder: Path, lock: str) -> subprocess.CompletedProcess[str]:
    """What the setup's own command makes of a lock, with packages from a folder alone."""
    setup = (ROOT / "scripts/setup").read_text(encoding="utf-8").replace("\\\n", " ")
    [command] = [line for line in setup.splitlines() if "-r scripts/requirements.lock" in line]
    options = shlex.split(command.partition(" -m pip ")[2])
    (folder / "lock").write_text(lock)
    options[options.index("scripts/requirements.lock")] = str(folder / "lock")
    where = ["--no-index", "--find-links", str(folder), "--target", str(folder / "installed")]
    return subprocess.run(
        [sys.executable, "-m", "pip", *options, *where], capture_output=True, text=True, check=False
    )


def test_a_package_that_is_not_the_locked_one_is_not_installed(tmp_path: Path) -> None:
    """With its hash it is installed; changed by one byte, or without a hash, it is not."""
    file = wheel(tmp_path)
    locked = f"tiny==1.0 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    done = install(tmp_path, locked)
    assert (done.returncode, (tmp_path / "installed/tiny.py").exists()) == (0, True), done.stderr

    file.write_bytes(file.read_bytes() + base64.b64decode("AA=="))
    refused = install(tmp_path, locked)
    assert refused.returncode != 0
    assert "DO NOT MATCH" in refused.stderr
    refused = install(tmp_path, "tiny==1.0")
    assert refused.returncode != 0
    assert "--require-hashes" in refused.stderr
