"""Fixtures for the platform around the daemon."""

from collections.abc import Iterator

import pytest

from harness.spring_cloud import EurekaServer


@pytest.fixture(scope="module")
def eureka() -> Iterator[EurekaServer]:
    """Yields a running Eureka server, shared by the tests of a module."""
    EurekaServer.archive_classes()
    with EurekaServer() as server:
        yield server
