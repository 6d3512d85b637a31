"""What the kernel tells about connections, on real sockets."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.polling import wait_until
from server.connections import Connection, connections_to, end


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Give both ends of a connection, the accepted one first."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as client,
    ):
        accepted, _ = listening.accept()
        with accepted:
            yield accepted, client


def found(accepted: socket.socket) -> list[Connection]:
    """What is told about an accepted connection."""
    return connections_to({accepted.getsockname()[1]})


def test_a_connection_is_silent_until_something_is_sent(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """Whatever comes in, only what goes out ends the silence."""
    accepted, client = pair
    wait_until(lambda: found(accepted)[0].silent_seconds > 0.3, 5, "time passes")
    client.sendall(b"x")
    assert accepted.recv(1) == b"x"
    [before] = found(accepted)
    assert before.silent_seconds > 0.3
    assert before.descriptor == accepted.fileno()
    accepted.sendall(b"x")
    [after] = found(accepted)
    assert after.silent_seconds < before.silent_seconds


def test_what_is_ended_is_at_its_end_for_both(pair: tuple[socket.socket, socket.socket]) -> None:
    """Both sides read the end; afterwards it is not among the connections."""
    accepted, client = pair
    end(found(accepted)[0])
    assert (accepted.recv(1), client.recv(1)) == (b"", b"")


def test_one_that_was_answered_meanwhile_stays(pair: tuple[socket.socket, socket.socket]) -> None:
    """What is ended is what was looked at: silence that is over, or another port, is not it."""
    accepted, client = pair
    [now] = found(accepted)
    end(Connection(now.descriptor, now.port, silent_seconds=60))
    end(Connection(now.descriptor, now.port + 1, silent_seconds=0))
    accepted.sendall(b"x")
    assert client.recv(1) == b"x"


def test_looking_leaves_nothing_open(pair: tuple[socket.socket, socket.socket]) -> None:
    """However often it is looked, and whatever else is open, no descriptor is left behind."""
    accepted, _ = pair
    descriptors = Path("/proc/self/fd")
    one, other = socket.socketpair()
    with one, other, socket.socket(type=socket.SOCK_DGRAM), Path("/dev/null").open():
        before = len(list(descriptors.iterdir()))
        for _ in range(10):
            assert len(found(accepted)) == 1
        assert len(list(descriptors.iterdir())) == before
