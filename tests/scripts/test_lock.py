"""Packages are installed only with the locked version and hash."""

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

PACKAGES = {
    "scripts/requirements.lock": 21,
    "scripts/audit.lock": 21,
    "scripts/bench.lock": 21,
    "scripts/libraries.lock": 21,
    "scripts/go.lock": 1,
}
"""The lock files, each with the least number of its packages."""


def requirements(text: str) -> list[str]:
    """Return each requirement of a lock file with its hashes on one line."""
    lines = "\n".join(line.partition(" #")[0].rstrip() for line in text.splitlines())
    return [line for line in lines.replace("\\\n", " ").splitlines() if line.strip(" #")]


def unlocked(text: str) -> list[str]:
    """Return requirements that do not pin a version with SHA-256 hashes, and all URLs."""
    pinned = re.compile(r"[\w.-]+==[\w.]+(?: ;[^#]*?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*")
    wrong = [line for line in requirements(text) if not pinned.fullmatch(line)]
    return wrong + re.findall(r"\S*://\S*", text)


@pytest.mark.parametrize("lock", PACKAGES)
def test_every_package_is_pinned_by_its_hashes(lock: str) -> None:
    """Every requirement is pinned by version and hash, and none names a URL."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert len(requirements(text)) >= PACKAGES[lock]
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
def test_an_unpinned_requirement_is_detected(line: str) -> None:
    """The control: a requirement of any other form is reported."""
    assert unlocked(line)


@pytest.mark.parametrize("script", ["scripts/setup", "scripts/audit", "Dockerfile"])
def test_every_installation_requires_hashes_and_wheels(script: str) -> None:
    """Each pip command for a lock file requires hashes, and wheels, which execute no code."""
    text = (ROOT / script).read_text(encoding="utf-8").replace("\\\n", " ")
    commands = [line for line in text.splitlines() if re.search(r"pip .*\.lock", line)]
    assert commands
    for command in commands:
        assert {"--require-hashes", "--only-binary"} <= set(shlex.split(command))


def wheel(folder: Path) -> Path:
    """Return a wheel with one module."""
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
    """Install a lock with the command of scripts/setup, with packages from a folder only."""
    setup = (ROOT / "scripts/setup").read_text(encoding="utf-8").replace("\\\n", " ")
    [command] = [line for line in setup.splitlines() if "-r scripts/requirements.lock" in line]
    options = shlex.split(command.partition(" -m pip ")[2])
    (folder / "lock").write_text(lock)
    options[options.index("scripts/requirements.lock")] = str(folder / "lock")
    where = ["--no-index", "--find-links", str(folder), "--target", str(folder / "installed")]
    return subprocess.run(
        [sys.executable, "-m", "pip", *options, *where], capture_output=True, text=True, check=False
    )


def test_a_package_with_another_hash_is_not_installed(tmp_path: Path) -> None:
    """A package is installed with its hash, but not if changed by one byte or without a hash."""
    file = wheel(tmp_path)
    locked = f"tiny==1.0 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    completed = install(tmp_path, locked)
    assert (completed.returncode, (tmp_path / "installed/tiny.py").exists()) == (0, True), (
        completed.stderr
    )

    file.write_bytes(file.read_bytes() + base64.b64decode("AA=="))
    refused = install(tmp_path, locked)
    assert refused.returncode != 0
    assert "DO NOT MATCH" in refused.stderr
    refused = install(tmp_path, "tiny==1.0")
    assert refused.returncode != 0
    assert "--require-hashes" in refused.stderr
