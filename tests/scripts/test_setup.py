"""What scripts/setup and scripts/test do on a machine that lacks programs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.tools import ROOT

PACKAGES = [
    "default-jdk-headless",
    "maven",
    "chromium",
    "chromium-driver",
    "prometheus",
    "faketime",
    "curl",
]
MISSING_EXIT_CODE = 3


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """Give a directory for PATH that has what every Linux has, and no package manager."""
    for program in ("bash", "cat", "cut", "dirname", "env", "flock", "mkdir", "nproc", "sed"):
        found = shutil.which(program)
        assert found is not None
        (tmp_path / program).symlink_to(found)
    return tmp_path


def setup(path: Path, *tools: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/setup with this PATH and an empty cache."""
    return subprocess.run(
        [ROOT / "scripts/setup", *tools],
        env={"PATH": str(path), "PAYCLI_CACHE_DIR": str(path / "cache"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_missing_packages_are_named_together(bare_path: Path) -> None:
    """Where nothing can be installed, one command line names all packages, and setup goes on."""
    done = setup(bare_path, "system")
    assert (done.returncode, done.stdout) == (0, "")
    assert f"apt install {' '.join(PACKAGES)}\n" in done.stderr


def test_in_continuous_integration_a_missing_package_is_a_failure(bare_path: Path) -> None:
    """With CI=true nothing is skipped."""
    done = setup(bare_path, "system", CI="true")
    assert done.returncode == MISSING_EXIT_CODE
    assert PACKAGES[0] in done.stderr


def test_a_package_that_is_there_is_not_named(bare_path: Path) -> None:
    """The control: with its program on PATH a package is not missing."""
    (bare_path / "mvn").symlink_to(sys.executable)
    assert " maven " not in setup(bare_path, "system").stderr


@pytest.mark.parametrize("tool", ["kafka", "spring-consumer", "spring-cloud", "bench-spring"])
def test_a_tool_in_java_names_what_it_needs(bare_path: Path, tool: str) -> None:
    """Without Java the exit code says that a program is missing, and the message which."""
    for program in ("find", "head", "sha256sum", "sort", "xargs"):
        found = shutil.which(program)
        assert found is not None
        (bare_path / program).symlink_to(found)
    done = setup(bare_path, tool)
    assert done.returncode == MISSING_EXIT_CODE
    assert "Java 17 or newer is missing: install it, on Debian with 'apt install" in done.stderr


def test_without_go_it_is_installed(bare_path: Path) -> None:
    """A tool in Go begins with an environment for Go, here with a Python that fails."""
    for program in ("find", "sort", "xargs", "sha256sum", "mktemp", "rm", "touch"):
        found = shutil.which(program)
        assert found is not None
        (bare_path / program).symlink_to(found)
    python = bare_path / "python3"
    python.write_text("#!/bin/sh\necho no environments here >&2\nexit 1\n")
    python.chmod(0o755)
    done = setup(bare_path, "stripe-mock")
    assert done.returncode == 1
    assert "no environments here" in done.stderr
    assert "creating an environment for Go: failed" in done.stderr


def test_an_unknown_tool_is_refused(bare_path: Path) -> None:
    """A misspelled tool is not ignored."""
    done = setup(bare_path, "kafak")
    assert done.returncode == 1
    assert "unknown tool 'kafak'" in done.stderr


def test_a_python_that_is_not_installed_is_named(bare_path: Path) -> None:
    """The environment of a version needs its program; scripts/pythons lists what it did not run."""
    done = setup(bare_path, PAYCLI_PYTHON="3.99")
    assert (done.returncode, done.stdout) == (MISSING_EXIT_CODE, "")
    assert "Python 3.99 is missing" in done.stderr
    run = subprocess.run([ROOT / "scripts/pythons", "3.99"], capture_output=True, check=False)
    assert (run.returncode, run.stdout) == (1, b"3.99: not installed\n")


def test_tests_without_their_tools_are_skipped_and_listed(tmp_path: Path) -> None:
    """A run without tools skips the tests that need them, and its summary counts them."""
    file = tmp_path / "test_tool.py"
    file.write_text("from harness.tools import chromium\n\n\ndef test_it():\n    chromium()\n")
    options = ("-p", "no:cacheprovider", "-p", "conftest", "--confcutdir", "tests")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-c", "pyproject.toml", str(file)],
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT / "tests"),
            "PAYCLI_TEST_TOOLS": "none",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 skipped" in run.stdout, run.stdout + run.stderr
    assert "1 tests: chromium is not part of this run" in run.stdout
