"""Wheel and source distribution: what is in them, and that the wheel alone is the program."""

import json
import re
import subprocess
import sys
import tarfile
import uuid
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from harness.kafka_records import read_records
from harness.polling import wait_until
from harness.sandbox import Sandbox, pay
from harness.tools import ROOT
from paycli import __version__

SUPPORTED = ["3.11", "3.12", "3.13", "3.14"]
LINUX = {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
}


def build(source: Path, folder: Path, *targets: str) -> None:
    """Build distributions of a source tree, with another umask where it was extracted."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    for target in targets:
        command += ["-t", target]
    umask = 0o022 if source == ROOT else 0o077
    subprocess.run(command, cwd=source, check=True, capture_output=True, umask=umask)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder, "sdist", "wheel")
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    """The wheel of this checkout."""
    return dist / f"paycli-{__version__}-py3-none-any.whl"


@pytest.fixture(scope="module")
def source(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extracted source distribution."""
    folder = tmp_path_factory.mktemp("source")
    with tarfile.open(dist / f"paycli-{__version__}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / f"paycli-{__version__}"


def metadata(wheel: Path) -> Metadata:
    """Return the wheel's metadata; a field that breaks the specification raises."""
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"paycli-{__version__}.dist-info/METADATA")
    return Metadata.from_email(text, validate=True)


def files(folder: Path) -> set[str]:
    """Return the files below a folder of the checkout, without compiled ones."""
    found = (it for it in (ROOT / folder).rglob("*") if it.is_file())
    return {str(it.relative_to(ROOT)) for it in found if "__pycache__" not in it.parts}


def required(requirements: list[Requirement], environment: dict[str, str]) -> set[str]:
    """Return the names of requirements and all that they require in turn."""
    found: set[tuple[str, str]] = set()
    todo = [(it, "") for it in requirements]
    while todo:
        requirement, parent_extra = todo.pop()
        marker = requirement.marker
        if marker and not marker.evaluate({**environment, "extra": parent_extra}):
            continue
        for extra in ("", *sorted(requirement.extras)):
            if (requirement.name, extra) not in found:
                found.add((requirement.name, extra))
                below = distribution(requirement.name).requires or []
                todo += [(Requirement(it), extra) for it in below]
    return {name.lower().replace("_", "-") for name, _ in found}


def runtime(wheel: Path, *extras: str) -> list[Requirement]:
    """Return what the wheel requires, with extras."""
    all_of_it = metadata(wheel).requires_dist or []
    chosen = ("", *extras)
    return [
        Requirement(str(it).partition(";")[0])
        for it in all_of_it
        if not it.marker or any(it.marker.evaluate({"extra": extra}) for extra in chosen)
    ]


def python_environment(version: str) -> dict[str, str]:
    """Return the markers of a version of Python on Linux."""
    return {**LINUX, "python_version": version, "python_full_version": f"{version}.0"}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with the wheel, its requirements and no other package."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    [packages] = folder.glob("lib/python3*/site-packages")
    names = required(runtime(wheel, "sandbox"), python_environment(SUPPORTED[0]))
    for name in names:
        package = distribution(name)
        for top in {it.parts[0] for it in package.files or ()} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(str(package.locate_file(top))))
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python")]
    options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", *options, wheel], check=True, capture_output=True)
    return folder / "bin"


def run(program: Path, *arguments: str, **environment: str) -> str:
    """Run a program of the environment in an empty directory and return its output."""
    done = subprocess.run(
        [program, *arguments],
        cwd=program.parent,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_has_every_file_of_the_packages_and_no_other(wheel: Path) -> None:
    """It has the two packages with their data, types and documents, and no test."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {it for it in archive.namelist() if ".dist-info/" not in it}
    assert packed == files(Path("paycli")) | files(Path("server"))
    assert {
        "paycli/py.typed",
        "server/py.typed",
        "paycli/sandbox/fixtures/payment_intent.json",
        "paycli/sandbox/standin/payment_page/page.css",
        "paycli/sandbox/standin/payment_page/page.js",
    } <= packed


def test_the_metadata_says_what_is_supported(wheel: Path) -> None:
    """It is valid, and names the supported versions of Python, the licences and the extras."""
    result = metadata(wheel)
    prefix = "Programming Language :: Python :: 3."
    named = [it.removeprefix(prefix) for it in result.classifiers or () if it.startswith(prefix)]
    assert [f"3.{minor}" for minor in named] == SUPPORTED
    assert all((result.requires_python or SpecifierSet("<3")).contains(it) for it in SUPPORTED)
    assert not (result.requires_python or SpecifierSet()).contains("3.10")
    assert result.license_files == ["LICENSE", "paycli/sandbox/fixtures/LICENSE"]
    assert result.provides_extra == ["otel", "sandbox"]
    assert "HTTP" in (result.summary or "")


def test_the_image_has_the_newest_supported_python() -> None:
    """The Dockerfile's base is the last of the supported versions."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    [version] = re.findall(r"^FROM \S*/python:([\d.]+)-", dockerfile, re.MULTILINE)
    assert version == SUPPORTED[-1]


def test_builds_are_reproducible(dist: Path, source: Path, tmp_path: Path) -> None:
    """From the source distribution, elsewhere and with another umask, come the same bytes."""
    build(source, tmp_path, "sdist", "wheel")
    names = sorted(it.name for it in dist.iterdir())
    assert sorted(it.name for it in tmp_path.iterdir()) == names
    assert len(names) == 2
    for name in names:
        assert (tmp_path / name).read_bytes() == (dist / name).read_bytes(), name


def test_the_source_distribution_has_no_other_file_of_a_working_copy(
    source: Path, tmp_path: Path
) -> None:
    """A secret, an environment and other files beside the sources are not packed."""
    for name in ("secrets/PAYCLI_STRIPE_API_KEY", "notes.txt", ".env", ".venv-3.14/x.py"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text("sk_live_of_this_test")
    try:
        build(source, tmp_path, "sdist")
    finally:
        for name in ("secrets/PAYCLI_STRIPE_API_KEY", "notes.txt", ".env", ".venv-3.14/x.py"):
            (source / name).unlink()
    [packed] = tmp_path.iterdir()
    with tarfile.open(packed) as archive:
        tops = {Path(it).parts[1] for it in archive.getnames()}
    assert {"paycli", "server", "tests", "scripts", "pyproject.toml", "LICENSE"} <= tops
    assert not tops & {"secrets", "notes.txt", ".env", ".venv-3.14"}


@pytest.mark.parametrize("version", SUPPORTED)
def test_the_lock_has_all_requirements_on_each_python(wheel: Path, version: str) -> None:
    """What the program requires is locked, under no condition that leaves a Python out."""
    lock = (ROOT / "scripts/requirements.lock").read_text()
    environment = python_environment(version)
    needed = required(runtime(wheel, "otel", "sandbox"), environment)
    assert {"falcon", "h11", "opentelemetry-api", "pydantic-core"} <= needed
    assert needed <= locked(lock, environment)
    without = lock.replace("\nh11==0.16.0 ", "\nh11==0.16.0 ; python_version < '3.11' ")
    assert needed - locked(without, environment) == {"h11"}, "the control"


def locked(lock: str, environment: dict[str, str]) -> set[str]:
    """Return the names of a lock file's packages that are installed in an environment."""
    lines = re.findall(r"^[\w.-]+==.*?(?= \\$|$)", lock, re.MULTILINE)
    pinned = [Requirement(it) for it in lines]
    return {
        it.name.lower() for it in pinned if it.marker is None or it.marker.evaluate(environment)
    }


def test_the_installed_wheel_is_the_program(installed: Path) -> None:
    """Without this checkout and its tools, commands run with files that they read."""
    paycli = installed / "paycli"
    where = run(installed / "python", "-c", "import paycli, server; print(paycli.__file__)")
    assert Path(where).is_relative_to(installed.parent)
    assert run(paycli, "--version") == f"paycli {__version__}\n"
    assert json.loads(run(paycli, "openapi"))["info"]["version"] == __version__
    assert "payments.events" in json.dumps(json.loads(run(paycli, "asyncapi"))["channels"])
    assert "</html>" in run(paycli, "docs", "--file", "-")
    shown = run(paycli, "config", "show", PAYCLI_KAFKA_TOPIC="of.the.wheel")
    assert "of.the.wheel" in shown


def test_the_environment_has_no_other_package(installed: Path) -> None:
    """The control: what only development needs, and the extra that was not chosen, are absent."""
    code = "import importlib.util as u, sys; print([n for n in sys.argv[1:] if u.find_spec(n)])"
    names = ("falcon", "h11", "pytest", "hypothesis", "opentelemetry", "yaml")
    assert run(installed / "python", "-c", code, *names) == "['falcon', 'h11']\n"


@pytest.fixture
def sandbox(installed: Path) -> Iterator[Sandbox]:
    """A daemon with a sandbox, from the installed wheel."""
    with Sandbox(command=(str(installed / "paycli"), "serve")) as sandbox:
        yield sandbox


def test_a_payment_succeeds_in_the_sandbox_of_the_wheel(sandbox: Sandbox, installed: Path) -> None:
    """It is created, paid, and published, and the command line of the wheel lists its event."""
    ready = sandbox.wait_sandbox_ready()
    key = {"Authorization": f"Bearer {ready['api_token']}", "Idempotency-Key": uuid.uuid4().hex}
    body = {"amount": 2000, "currency": "eur", "reference": "booking-of-the-wheel"}
    created = sandbox.request("POST", "/api/v1/payments", body, key)
    assert (created.status, pay(ready["stripe_url"], created.json, "pm_card_visa")) == (201, 200)
    brokers, topic = ready["kafka_bootstrap_servers"], ready["topic"]
    wait_until(lambda: len(read_records(brokers, topic)) == 2, 5, "both events on the topic")
    listed = run(
        installed / "paycli", "events", "list", "-o", "json", PAYCLI_KAFKA_BOOTSTRAP_SERVERS=brokers
    )
    types = sorted(it["type"] for it in json.loads(listed)["data"])
    assert types == ["PaymentCreatedEvent", "PaymentSucceededEvent"]
    assert sandbox.process.stop() == 0
