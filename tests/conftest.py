"""The outside world of the tests: one Kafka broker and one stripe-mock for all, the rest fresh.

With pytest-xdist the controller starts these and tells its workers their addresses.
"""

import os
import uuid
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from hypothesis import settings

from harness import measurements
from harness.browser import Browser
from harness.kafka_broker import KafkaBroker
from harness.scale import LONG, examples
from harness.stripe import Stripe
from harness.stripe_mock import StripeMock
from harness.tools import MissingToolError

# A machine that others use too may be slow at any moment.
settings.register_profile("any speed", deadline=None, max_examples=examples(100))
settings.load_profile("any speed")

MISSING_TOOL = "missing tool: "
_shared = ExitStack()
_addresses: dict[str, str] = {}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401  (xdist has no types)
    """Start what the workers share, in the controller, before the first worker."""
    if not _addresses and os.environ.get("PAYCLI_TEST_TOOLS") != "none":
        # Without a tool each test that needs it says so.
        with suppress(MissingToolError):
            KafkaBroker.archive_classes()
            _addresses["kafka"] = _shared.enter_context(KafkaBroker()).bootstrap_servers
        with suppress(MissingToolError):
            _addresses["stripe_mock"] = _shared.enter_context(StripeMock()).url
    node.workerinput |= _addresses


def pytest_sessionfinish() -> None:
    """Stop what the workers shared."""
    _shared.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None]:
    """Skip a test whose fixtures need a program that this machine lacks."""
    yield from _skip_without_tool()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """Skip a test that needs a program that this machine lacks."""
    yield from _skip_without_tool()


def _skip_without_tool() -> Generator[None]:
    try:
        yield
    except MissingToolError as error:
        reason = MISSING_TOOL + str(error)
    else:
        return
    if os.environ.get("CI") == "true" and os.environ.get("PAYCLI_TEST_TOOLS") != "none":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the missing tools with the number of skipped tests; keep the numbers of results."""
    outcomes = {name: len(terminalreporter.getreports(name)) for name in ("passed", "failed")}
    measurements.record(measurements.figures("Tests", outcomes))
    reasons = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])]
    missing = Counter(
        reason.partition(MISSING_TOOL)[2] for reason in reasons if MISSING_TOOL in reason
    )
    if not missing:
        return
    terminalreporter.section("skipped for missing tools")
    for reason, count in missing.most_common():
        terminalreporter.line(f"{count} tests: {reason}")


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[KafkaBroker]:
    """Give a running Kafka broker that all tests share; leave it running."""
    address = getattr(request.config, "workerinput", {}).get("kafka")
    if address is not None:
        yield KafkaBroker.attach(address)
        return
    with KafkaBroker() as broker:
        yield broker


@pytest.fixture(scope="session")
def stripe_mock(request: pytest.FixtureRequest) -> Iterator[StripeMock]:
    """Give a running stripe-mock."""
    address = getattr(request.config, "workerinput", {}).get("stripe_mock")
    if address is not None:
        yield StripeMock.attach(address)
        return
    with StripeMock() as mock:
        yield mock


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a browser that all tests of a process share; leave it open."""
    with Browser() as browser:
        yield browser


@pytest.fixture
def stand_in() -> Iterator[Stripe]:
    """Give a fresh server that plays Stripe."""
    with Stripe() as double:
        yield double


@pytest.fixture
def topic(kafka: KafkaBroker) -> str:
    """Give the name of a new topic, which has its `.unreadable` one beside it."""
    name = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_event_topics(name)
    return name


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[dict[str, object]]:
    """Give a dictionary for figures, which `scripts/harden` prints and `scripts/results` keeps."""
    measured: dict[str, object] = {}
    yield measured
    promise = str(request.function.__doc__).partition("\n")[0]
    measurements.record(measurements.figures(promise, measured))
    if LONG:
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            text = ", ".join(f"{name} {measurements.text(it)}" for name, it in measured.items())
            request.config.get_terminal_writer().line(f"\n{request.node.name}: {text}")
