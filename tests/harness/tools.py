"""The external programs that tests run; they are made here when a test needs them, if possible.

A program that is missing skips the tests that need it, and fails them under `CI=true`. With
`PAYCLI_TEST_TOOLS=none` (`scripts/test --fast`) all of them count as missing.
"""

import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_MISSING_EXIT_CODE = 3
"""That of scripts/setup for a program that it can't install."""


class MissingToolError(Exception):
    """An external program is not on this machine; the message says how to install it."""


def stripe_mock_binary() -> Path:
    """Return the path of the stripe-mock program."""
    return _made("stripe-mock", f"stripe-mock-{_versions()['STRIPE_MOCK_VERSION']}/stripe-mock")


def stripe_openapi() -> Path:
    """Return the directory with Stripe's OpenAPI document and its example objects."""
    return _made("stripe-openapi", f"stripe-openapi-{_versions()['STRIPE_MOCK_VERSION']}")


def kafka_libs() -> Path:
    """Return the directory with Kafka's jars."""
    installed("java")
    return _made("kafka", f"kafka-{_versions()['KAFKA_VERSION']}/libs")


def apicurio() -> Path:
    """Return the directory with Apicurio's jars."""
    installed("java")
    return _made("apicurio", f"apicurio-{_versions()['APICURIO_VERSION']}")


def spring_consumer() -> Path:
    """Return the directory with the jars of the consumer in tests/consumers/spring."""
    return _built("spring-consumer", "tests/consumers/spring")


def spring_cloud() -> Path:
    """Return the directory with the jars of the registry and the caller in tests/platform."""
    return _built("spring-cloud", "tests/platform/spring-cloud")


def bench_go() -> Path:
    """Return the directory with the programs of tests/bench/go."""
    return _built("bench-go", "tests/bench/go")


def bench_spring() -> Path:
    """Return the directory with the jars of tests/bench/spring."""
    return _built("bench-spring", "tests/bench/spring")


def bench_python() -> Path:
    """Return the Python that has what the services of tests/bench/python need."""
    return _built("bench-python", "scripts/bench.lock") / "bin/python"


def libraries_python() -> Path:
    """Return the Python that has the libraries of scripts/compare-libraries."""
    return _built("libraries", "scripts/libraries.lock") / "bin/python"


def chromium() -> tuple[Path, Path]:
    """Return the paths of Chromium and its driver."""
    return installed("chromium"), installed("chromedriver")


def installed(program: str) -> Path:
    """Return the path of a program that scripts/setup installs as a Debian package."""
    _check_allowed(program)
    found = shutil.which(program)
    if found is None:
        raise MissingToolError(f"{program} is missing: run scripts/setup system")
    return Path(found)


def _built(tool: str, sources: str) -> Path:
    """Return the directory of a tool that is made of sources, whose hash is part of its name."""
    inside = [ROOT / sources, *(ROOT / sources).rglob("*")]
    files = sorted((path for path in inside if path.is_file()), key=str)
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
    return _made(tool, f"{tool}-{stamp}")


def _made(tool: str, name: str) -> Path:
    _check_allowed(tool)
    path = cache_dir() / name
    if not path.exists():
        _make(tool)
    return path


@cache
def _make(tool: str) -> None:
    done = subprocess.run(
        [ROOT / "scripts/setup", tool], capture_output=True, text=True, check=False
    )
    if done.returncode == _MISSING_EXIT_CODE:
        raise MissingToolError(f"{tool}: {done.stderr.strip()}")
    if done.returncode:
        raise RuntimeError(f"scripts/setup {tool} failed:\n{done.stderr}")


def _check_allowed(tool: str) -> None:
    if os.environ.get("PAYCLI_TEST_TOOLS") == "none":
        raise MissingToolError(f"{tool} is not part of this run")


def cache_dir() -> Path:
    """Return the directory where tools are stored."""
    if chosen := os.environ.get("PAYCLI_CACHE_DIR"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "paycli"


def _versions() -> dict[str, str]:
    lines = (ROOT / "scripts/tools.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
