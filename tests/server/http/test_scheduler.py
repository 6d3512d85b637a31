"""Webhooks share a thread: each waits for its own acknowledgement only."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import pytest

from harness.edge import serving
from harness.polling import wait_until
from harness.raw_http import exchange, read_response
from paycli.waiting import Event as WaitingEvent
from paycli.waiting import NewEvent
from server.http.interface import SPARE_THREADS, Limits
from server.http.server import HttpServer
from service import EVENTS

MANY = 200
LIMITS = Limits(webhooks=MANY, payments=1, max_body_bytes=1024, stop_timeout_seconds=5)
LONG_SECONDS = 30.0


@dataclass
class FakeKafka:
    """Acknowledges webhooks when a test says so; `app` is the application that waits for it.

    A webhook's query is its name: `fails` raises an error, `hurry` waits for at most 0.2 s.
    """

    started: list[str] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    new_event: NewEvent = threading.Event
    waiting: dict[str, WaitingEvent] = field(default_factory=dict)

    def acknowledge(self, *names: str) -> None:
        """Acknowledge webhooks, now or once they have come in."""
        self.acknowledged.update(names)
        for name in names:
            if name in self.waiting:
                self.waiting[name].set()

    def app(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Respond with a webhook's name once it is acknowledged; to others, with `sleeps`."""
        name = environ["QUERY_STRING"]
        if environ["PATH_INFO"] != EVENTS:
            start("200 OK", [("Content-Length", "6")])
            return [b"sleeps"]
        self.started.append(name)
        self.threads.add(threading.get_ident())
        if name == "fails":
            raise RuntimeError("raised by the test")
        seconds = 0.2 if name == "hurry" else LONG_SECONDS
        event = self.waiting[name] = self.new_event()
        if name in self.acknowledged:
            event.set()
        start("200 OK" if event.wait(seconds) else "503 Late", [("Content-Length", str(len(name)))])
        return [name.encode()]


@pytest.fixture
def kafka() -> FakeKafka:
    """Give a Kafka that has acknowledged nothing."""
    return FakeKafka()


@contextmanager
def served(kafka: FakeKafka, limits: Limits) -> Iterator[tuple[int, HttpServer]]:
    """Serve the application, whose webhooks are suspended."""
    with serving(kafka.app, limits) as (port, server):
        kafka.new_event = server.new_event
        yield port, server


@pytest.fixture
def port(kafka: FakeKafka) -> Iterator[int]:
    """Give the port of a server that serves its application."""
    with served(kafka, LIMITS) as (port, _):
        yield port


def webhook(name: str, *fields: str) -> bytes:
    """Build a request whose query is the name."""
    lines = [f"POST {EVENTS}?{name} HTTP/1.1", "Host: a", "Content-Length: 0", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def last(name: str) -> bytes:
    """Build the last request of a connection."""
    return webhook(name, "Connection: close")


def test_webhooks_wait_concurrently_and_each_for_its_own_acknowledgement(
    kafka: FakeKafka, port: int
) -> None:
    """Two hundred wait on one thread; the last one is acknowledged and answered first."""
    names = [f"evt_{number}" for number in range(MANY)]
    with ExitStack() as stack:
        clients = {}
        for name in names:
            clients[name] = socket.create_connection(("127.0.0.1", port), 5)
            stack.enter_context(clients[name])
            clients[name].sendall(last(name))
        wait_until(lambda: len(kafka.started) == MANY, 10, "all wait")
        for name in reversed(names):
            kafka.acknowledge(name)
            response = read_response(clients[name])
            assert response.statuses == [200]
            assert response.received.endswith(name.encode())
    assert len(kafka.threads) == 1


def test_webhooks_over_the_limit_wait_in_the_queue(kafka: FakeKafka) -> None:
    """At most the limit is served at a time; the others follow."""
    limits = Limits(webhooks=1, payments=1, max_body_bytes=1024, stop_timeout_seconds=5)
    limit = limits.webhooks + SPARE_THREADS
    names = [f"evt_{number}" for number in range(MANY)]
    with served(kafka, limits) as (port, _), ExitStack() as stack:
        clients = []
        for name in names:
            client = socket.create_connection(("127.0.0.1", port), 5)
            clients.append(stack.enter_context(client))
            client.sendall(last(name))
            if len(clients) <= limit:
                wait_until(lambda: len(kafka.started) == len(clients), 5, "it is served")
        assert exchange(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").statuses
        assert len(kafka.started) == limit
        kafka.acknowledge(*names)
        assert [read_response(client).statuses for client in clients] == [[200]] * MANY
    assert kafka.started[:limit] == names[:limit]
    assert sorted(kafka.started) == sorted(names)


def test_a_webhook_is_resumed_at_its_deadline(kafka: FakeKafka, port: int) -> None:
    """Without an acknowledgement it is resumed at its own deadline, while others wait on."""
    with socket.create_connection(("127.0.0.1", port), 5) as waiting:
        waiting.sendall(last("waiting"))
        started_at = time.monotonic()
        assert exchange(port, last("hurry")).statuses == [503]
        assert 0.2 <= time.monotonic() - started_at < 1.2
        kafka.acknowledge("waiting")
        assert read_response(waiting).statuses == [200]


def test_webhooks_of_one_connection_are_served_in_their_order(kafka: FakeKafka, port: int) -> None:
    """Of two pipelined webhooks, the second is acknowledged first, and answered second."""
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(webhook("first") + last("second"))
        kafka.acknowledge("second")
        wait_until(lambda: kafka.started == ["first"], 5, "the first waits")
        kafka.acknowledge("first")
        response = read_response(client)
    assert response.statuses == [200, 200]
    assert response.received.index(b"first") < response.received.index(b"second")


def test_one_connection_can_mix_webhooks_and_other_requests(kafka: FakeKafka, port: int) -> None:
    """Their requests run on different threads; only the webhook is suspended."""
    other = b"GET /other HTTP/1.1\r\nHost: a\r\n\r\n"
    payment = b"GET /api/v1/payments HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    kafka.acknowledge("evt")
    response = exchange(port, other + webhook("evt") + payment)
    assert response.statuses == [200, 200, 200]
    assert [response.received.count(b"sleeps"), response.received.count(b"evt")] == [2, 1]


def test_a_webhook_that_fails_affects_no_other(kafka: FakeKafka, port: int) -> None:
    """It gets 500, and a webhook that waits meanwhile gets 200."""
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(last("evt"))
        wait_until(lambda: "evt" in kafka.started, 5, "it waits")
        assert exchange(port, webhook("fails")).statuses == [500]
        kafka.acknowledge("evt")
        assert read_response(client).statuses == [200]


def test_webhooks_that_wait_at_the_stop_timeout_are_aborted_and_counted(
    kafka: FakeKafka,
) -> None:
    """`run` returns the number of requests without a response."""
    limits = Limits(webhooks=1, payments=1, max_body_bytes=1024, stop_timeout_seconds=0.5)
    listening = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(limits)
    server.listen([(kafka.app, listening)])
    kafka.new_event = server.new_event
    aborted: list[int] = []
    thread = Thread(target=lambda: aborted.append(server.run()))
    thread.start()
    with socket.create_connection(listening.getsockname()) as client:
        client.sendall(webhook("evt"))
        wait_until(lambda: kafka.started == ["evt"], 5, "it waits")
        server.stop()
        thread.join(5)
    assert aborted == [1]
