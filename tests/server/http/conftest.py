"""A server that keeps what it was asked."""

from collections.abc import Iterator

import pytest

from harness.edge import Edge, running
from harness.odd_requests import MAX_BODY
from server.http.interface import Limits

LIMITS = Limits(webhooks=4, payments=4, max_body_bytes=MAX_BODY, stop_timeout_seconds=1)


@pytest.fixture(scope="module")
def running_edge() -> Iterator[Edge]:
    """Give a running server."""
    with running(LIMITS) as edge:
        yield edge


@pytest.fixture
def edge(running_edge: Edge) -> Edge:
    """Give the server with nothing seen yet."""
    running_edge.seen.clear()
    return running_edge
