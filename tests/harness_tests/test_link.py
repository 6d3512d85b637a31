"""A link passes everything on until it is told not to."""

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
    """Notes what comes, and sends it back."""

    def handle(self) -> None:
        """Until the other side closes."""
        with contextlib.suppress(ConnectionResetError):
            while data := self.request.recv(1000):
                self.server.received.append(data)  # type: ignore[attr-defined]  # set below
                self.request.sendall(data)


@pytest.fixture
def received() -> list[bytes]:
    """Give what the server has received."""
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
    """Give an open connection through the link, over which something has gone."""
    with socket.create_connection(("127.0.0.1", link.port), timeout=5) as connection:
        connection.sendall(b"first")
        assert connection.recv(1000) == b"first"
        yield connection


def hears_nothing(connection: socket.socket) -> bool:
    """Whether nothing arrives for a while."""
    connection.settimeout(QUIET_SECONDS)
    try:
        connection.recv(1000)
    except TimeoutError:
        return True
    finally:
        connection.settimeout(5)
    return False


def is_reset(link: Link) -> bool:
    """Whether a connection through it is reset, be it while it is made or at its first byte."""
    try:
        with socket.create_connection(("127.0.0.1", link.port), timeout=5) as connection:
            connection.recv(1000)
    except ConnectionResetError:
        return True
    return False


def test_a_cut_link_resets_all_and_heals(link: Link, connection: socket.socket) -> None:
    """Cut: what is open is reset, what is opened is reset at once; healed, all goes on."""
    link.cut()
    with pytest.raises(ConnectionResetError):
        connection.recv(1000)
    assert is_reset(link)
    link.heal()
    with socket.create_connection(("127.0.0.1", link.port), timeout=5) as other:
        other.sendall(b"again")
        assert other.recv(1000) == b"again"


def test_a_held_link_passes_nothing_until_it_heals(
    link: Link, connection: socket.socket, received: list[bytes]
) -> None:
    """Held: the connection stays open, nothing reaches the server; later all of it does."""
    link.hold()
    connection.sendall(b"held")
    assert hears_nothing(connection)
    assert received == [b"first"]
    link.heal()
    assert connection.recv(1000) == b"held"


def test_held_answers_leave_the_client_in_doubt(
    link: Link, connection: socket.socket, received: list[bytes]
) -> None:
    """Answers held: the server receives and acts, and the client hears nothing of it."""
    link.hold_responses()
    connection.sendall(b"done?")
    wait_until(lambda: received == [b"first", b"done?"], 5, "the server has it")
    assert hears_nothing(connection)
    link.cut()
    with pytest.raises(ConnectionResetError):
        connection.recv(1000)


def test_a_slow_link_delays_each_way(link: Link, connection: socket.socket) -> None:
    """Slow: request and answer take the delay each."""
    link.slow(0.2)
    started = time.monotonic()
    connection.sendall(b"slow")
    assert connection.recv(1000) == b"slow"
    assert time.monotonic() - started >= 0.4


def test_a_link_to_nobody_resets_connections() -> None:
    """Where no server listens, a connection is reset at once."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with Link(nobody.getsockname()[1]) as dead:
            assert is_reset(dead)
