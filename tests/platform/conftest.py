"""The platform's registry: one for the tests of a module."""

from collections.abc import Iterator

import pytest

from harness.spring_cloud import EurekaServer


@pytest.fixture(scope="module")
def eureka() -> Iterator[EurekaServer]:
    """Give a running Eureka server; leave it running and empty."""
    with EurekaServer() as server:
        yield server
