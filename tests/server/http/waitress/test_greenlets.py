"""Webhooks share a thread: each waits for itself alone, and for nobody else."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import pytest
from waitress import wasyncore

from harness.edge import serving
from harness.polling import wait_until
from harness.raw_http import exchange, read_response
from paycli.waiting import SUSPEND
from server.http.interface import SPARE_THREADS, Limits
from server.http.waitress.server import WaitressServer
from service import EVENTS

MANY = 200
LIMITS = Limits(webhooks=MANY, payments=1, max_body_bytes=1024, stop_timeout_seconds=5)
LONG_SECONDS = 30.0


@dataclass
class Kafka:
    """Acknowledges what a test says, when it says so, to an application that asks for nothing else.

    A webhook's query is its name: `fails` raises an error, `hurry` waits for a fifth of a second.
    """

    began: list[str] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    asked: int = 0

    def poll_delivery_reports(self, seconds: float) -> None:
        """Wait as a producer does to whom nothing happens."""
        self.asked += 1
        time.sleep(seconds)

    def app(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a webhook with its name once it is acknowledged, others with how they may wait."""
        suspend, name = SUSPEND.get(), environ["QUERY_STRING"]
        if suspend is None:
            start("200 OK", [("Content-Length", "6")])
            return [b"sleeps"]
        self.began.append(name)
        self.threads.add(threading.get_ident())
        if name == "fails":
            raise RuntimeError("as the test wants it")
        seconds = 0.2 if name == "hurry" else LONG_SECONDS
        held = suspend(lambda: name in self.acknowledged, time.monotonic() + seconds)
        start("200 OK" if held else "503 Late", [("Content-Length", str(len(name)))])
        return [name.encode()]


@pytest.fixture
def kafka() -> Kafka:
    """Give one that has acknowledged nothing."""
    return Kafka()


@pytest.fixture
def port(kafka: Kafka) -> Iterator[int]:
    """Give the port of a server that serves its application."""
    with serving(kafka.app, LIMITS, kafka.poll_delivery_reports) as (port, _):
        yield port


def webhook(name: str, *more: str) -> bytes:
    """A request whose query is the name."""
    lines = [f"POST {EVENTS}?{name} HTTP/1.1", "Host: a", "Content-Length: 0", *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def last(name: str) -> bytes:
    """The same, and then the connection may end."""
    return webhook(name, "Connection: close")


def test_webhooks_wait_side_by_side_and_each_is_answered_with_its_own_acknowledgement(
    kafka: Kafka, port: int
) -> None:
    """Two hundred wait on one thread; the last to come is acknowledged and answered first."""
    names = [f"evt_{number}" for number in range(MANY)]
    with ExitStack() as stack:
        clients = {}
        for name in names:
            clients[name] = socket.create_connection(("127.0.0.1", port), 5)
            stack.enter_context(clients[name])
            clients[name].sendall(last(name))
        wait_until(lambda: len(kafka.began) == MANY, 10, "all wait")
        for name in reversed(names):
            kafka.acknowledged.add(name)
            heard = read_response(clients[name])
            assert heard.statuses == [200]
            assert heard.received.endswith(name.encode())
    assert len(kafka.threads) == 1


def test_who_comes_when_enough_are_served_waits_for_his_turn(kafka: Kafka) -> None:
    """No more than may be served are; the others follow."""
    limits = Limits(webhooks=1, payments=1, max_body_bytes=1024, stop_timeout_seconds=5)
    at_once = limits.webhooks + SPARE_THREADS
    names = [f"evt_{number}" for number in range(MANY)]
    with serving(kafka.app, limits, kafka.poll_delivery_reports) as (port, _), ExitStack() as stack:
        clients = []
        for name in names:
            client = socket.create_connection(("127.0.0.1", port), 5)
            clients.append(stack.enter_context(client))
            client.sendall(last(name))
            if len(clients) <= at_once:
                wait_until(lambda: len(kafka.began) == len(clients), 5, "it is served")
        assert exchange(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").statuses
        assert len(kafka.began) == at_once
        kafka.acknowledged.update(names)
        assert [read_response(client).statuses for client in clients] == [[200]] * MANY
    assert kafka.began[:at_once] == names[:at_once]
    assert sorted(kafka.began) == sorted(names)


def test_who_has_waited_long_enough_goes_on_without_an_acknowledgement(
    kafka: Kafka, port: int
) -> None:
    """At its own deadline, while another that has more time waits on."""
    with socket.create_connection(("127.0.0.1", port), 5) as patient:
        patient.sendall(last("patient"))
        began_at = time.monotonic()
        assert exchange(port, last("hurry")).statuses == [503]
        assert 0.2 <= time.monotonic() - began_at < 1.2
        kafka.acknowledged.add("patient")
        assert read_response(patient).statuses == [200]


def test_webhooks_of_one_connection_are_answered_in_their_order(kafka: Kafka, port: int) -> None:
    """Two that came together, the second acknowledged before the first."""
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(webhook("first") + last("second"))
        kafka.acknowledged.add("second")
        wait_until(lambda: kafka.began == ["first"], 5, "the first waits")
        kafka.acknowledged.add("first")
        heard = read_response(client)
    assert heard.statuses == [200, 200]
    assert heard.received.index(b"first") < heard.received.index(b"second")


def test_a_webhook_comes_behind_another_request_and_before_one(kafka: Kafka, port: int) -> None:
    """On one connection they pass from thread to thread; only the webhook may be suspended."""
    other = b"GET /other HTTP/1.1\r\nHost: a\r\n\r\n"
    payment = b"GET /api/v1/payments HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    kafka.acknowledged.add("evt")
    heard = exchange(port, other + webhook("evt") + payment)
    assert heard.statuses == [200, 200, 200]
    assert [heard.received.count(b"sleeps"), heard.received.count(b"evt")] == [2, 1]


def test_one_that_fails_ends_no_other(kafka: Kafka, port: int) -> None:
    """It is answered with 500, and who waits meanwhile with 200."""
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(last("evt"))
        wait_until(lambda: "evt" in kafka.began, 5, "it waits")
        assert exchange(port, webhook("fails")).statuses == [500]
        kafka.acknowledged.add("evt")
        assert read_response(client).statuses == [200]


def test_nobody_asks_for_acknowledgements_while_nobody_waits(kafka: Kafka, port: int) -> None:
    """An idle server does nothing, also after it has served."""
    kafka.acknowledged.add("evt")
    assert exchange(port, last("evt")).statuses == [200]
    asked = kafka.asked
    assert asked > 0
    time.sleep(0.3)
    assert kafka.asked == asked


def test_what_still_waits_when_the_time_for_stopping_is_over_is_cut_and_counted(
    kafka: Kafka,
) -> None:
    """`run` gives up, and says how many got no answer."""
    limits = Limits(webhooks=1, payments=1, max_body_bytes=1024, stop_timeout_seconds=0.5)
    listening = socket.create_server(("127.0.0.1", 0))
    server = WaitressServer([(kafka.app, listening)], limits, kafka.poll_delivery_reports)
    cut: list[int] = []
    thread = Thread(target=lambda: cut.append(server.run()))
    thread.start()
    with socket.create_connection(listening.getsockname()) as client:
        client.sendall(webhook("evt"))
        wait_until(lambda: kafka.began == ["evt"], 5, "it waits")
        server.stop()
        thread.join(5)
    wasyncore.close_all(server.events.map)
    assert cut == [1]
