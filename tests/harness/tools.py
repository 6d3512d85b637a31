"""Paths of the external programs that scripts/setup installs."""

import hashlib
import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class MissingToolError(Exception):
    """An external program is not installed; the message has the command that installs it."""


def stripe_mock_binary() -> Path:
    """Return the path of the stripe-mock program."""
    return _cached(f"stripe-mock-{_versions()['STRIPE_MOCK_VERSION']}/stripe-mock")


def stripe_openapi() -> Path:
    """Return the folder with Stripe's OpenAPI document and its example objects."""
    return _cached(f"stripe-openapi-{_versions()['STRIPE_MOCK_VERSION']}")


def kafka_libs() -> Path:
    """Return the folder with Kafka's jars."""
    return _cached(f"kafka-{_versions()['KAFKA_VERSION']}/libs")


def spring_consumer() -> Path:
    """Return the folder with the jars of the consumer in tests/consumers/spring."""
    return _built("spring-consumer", ROOT / "tests/consumers/spring")


def spring_cloud() -> Path:
    """Return the folder with the jars of the registry and the client in tests/platform."""
    return _built("spring-cloud", ROOT / "tests/platform/spring-cloud")


def bench_go() -> Path:
    """Return the folder with the programs of tests/bench/go."""
    return _built("bench-go", ROOT / "tests/bench/go")


def bench_spring() -> Path:
    """Return the folder with the jars of tests/bench/spring."""
    return _built("bench-spring", ROOT / "tests/bench/spring")


def bench_python() -> Path:
    """Return the Python interpreter with the packages that tests/bench/python needs."""
    return _built("bench-python", ROOT / "scripts/bench.lock") / "bin/python"


def _built(name: str, sources: Path) -> Path:
    # The hash of the sources is part of the name; scripts/setup computes the same one.
    paths = [sources, *sources.rglob("*")]
    files = sorted((path for path in paths if path.is_file()), key=str)
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
    return _cached(f"{name}-{stamp}")


def chromium() -> tuple[Path, Path]:
    """Return the paths of Chromium and its driver."""
    return _installed("chromium"), _installed("chromedriver")


def _installed(name: str) -> Path:
    path = shutil.which(name)
    if path is None:
        raise MissingToolError(f"{name} is missing: run scripts/setup browser.")
    return Path(path)


def _cached(name: str) -> Path:
    path = _cache_dir() / name
    if not path.exists():
        tool = "bench" if name.startswith("bench-") else "tools"
        raise MissingToolError(f"{path} is missing: run scripts/setup {tool}.")
    return path


def _cache_dir() -> Path:
    if directory := os.environ.get("PAYCLI_CACHE_DIR"):
        return Path(directory)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "paycli"


def _versions() -> dict[str, str]:
    lines = (ROOT / "scripts/tools.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
