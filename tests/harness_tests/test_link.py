"""A link forwards everything until it is cut, held or delayed."""

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from harness.link import Link
from harness.polling import wait_until

QUIET_SECONDS = 0.3


class Echo(socketserver.BaseRequestHandler):
    """Records received data and sends them back."""

    def handle(self) -> None:
        """Echo until the client closes."""
        with contextlib.suppress(ConnectionResetError):
            while data := self.request.recv(1000):
                self.server.received.append(data)  # type: ignore[attr-defined]  # set below
                self.request.sendall(data)


@pytest.fixture
def received() -> list[bytes]:
    """Give the list of what the server has received."""
    return []


@pytest.fixture
def link(received: list[bytes]) -> Iterator[Link]:
    """Give a link to an echoing server."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        server.received = received  # type: ignore[attr-defined]  # read above
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Link(server.server_address[1]) as link:
            yield link
        server.shutdown()


@pytest.fixture
def connection(link: Link) -> Iterator[socket.socket]:
    """Give an open connection through the link over which data has been exchanged."""
    with socket.create_connection(("127.0.0.1", link.port), timeout=5) as connection:
        connection.sendall(b"first")
        assert connection.recv(1000) == b"first"
        yield connection


def receives_nothing(connection: socket.socket) -> bool:
    """Return whether nothing arrives for a while."""
    connection.settimeout(QUIET_SECONDS)
    try:
        connection.recv(1000)
    except TimeoutError:
        return True
    finally:
        connection.settimeout(5)
    return False


def is_reset(link: Link) -> bool:
    """Return whether a new connection is reset, while it is opened or at its first read."""
    try:
        with socket.create_connection(("127.0.0.1", link.port), timeout=5) as connection:
            connection.recv(1000)
    except ConnectionResetError:
        return True
    return False


def test_a_cut_link_resets_connections_until_it_is_healed(
    link: Link, connection: socket.socket
) -> None:
    """A cut link resets open and new connections; once healed, new connections work."""
    link.cut()
    with pytest.raises(ConnectionResetError):
        connection.recv(1000)
    assert is_reset(link)
    link.heal()
    with socket.create_connection(("127.0.0.1", link.port), timeout=5) as other:
        other.sendall(b"again")
        assert other.recv(1000) == b"again"


def test_a_held_link_forwards_nothing_until_it_is_healed(
    link: Link, connection: socket.socket, received: list[bytes]
) -> None:
    """A held link keeps connections open and delivers their data once it is healed."""
    link.hold()
    connection.sendall(b"held")
    assert receives_nothing(connection)
    assert received == [b"first"]
    link.heal()
    assert connection.recv(1000) == b"held"


def test_held_responses_leave_the_outcome_unknown(
    link: Link, connection: socket.socket, received: list[bytes]
) -> None:
    """With held responses the server receives requests and the client gets no response."""
    link.hold_responses()
    connection.sendall(b"done?")
    wait_until(lambda: received == [b"first", b"done?"], 5, "the server has received it")
    assert receives_nothing(connection)
    link.cut()
    with pytest.raises(ConnectionResetError):
        connection.recv(1000)


def test_a_slow_link_delays_both_directions(link: Link, connection: socket.socket) -> None:
    """A slow link delays the request and the response."""
    link.slow(0.2)
    started = time.monotonic()
    connection.sendall(b"slow")
    assert connection.recv(1000) == b"slow"
    assert time.monotonic() - started >= 0.4


def test_a_link_without_a_server_resets_connections() -> None:
    """If no server listens on the target port, connections are reset."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with Link(unused.getsockname()[1]) as link:
            assert is_reset(link)
