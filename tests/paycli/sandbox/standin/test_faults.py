"""Each failure on demand, as it is seen from a socket."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from harness.polling import wait_until
from harness.stripe import (
    Stripe,
    always,
    disconnect,
    drip_body,
    drip_headers,
    hang,
    malformed,
    reset,
    respond,
)
from paycli.sandbox.standin import Fault, FaultKind

PAYMENT = {"amount": "2000", "currency": "eur"}
PATH = "/v1/payment_intents"


@contextlib.contextmanager
def asked(stripe: Stripe) -> Iterator[socket.socket]:
    """Give a socket on which a payment was asked for."""
    host, port = stripe.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        body = b"amount=2000&currency=eur"
        connection.sendall(
            b"POST /v1/payment_intents HTTP/1.1\r\nHost: stripe\r\n"
            b"Authorization: Bearer sk_test_x\r\nIdempotency-Key: key-1\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        yield connection


def everything(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    found = b""
    while part := connection.recv(65536):
        found += part
    return found


def test_a_lost_reply_has_been_done(quick: Stripe) -> None:
    """The work is done, the connection closes without a byte; the same key gives the answer."""
    quick.inject(disconnect())
    with asked(quick) as connection:
        assert everything(connection) == b""
    (made,) = quick.payment_ids()
    again = quick.call("POST", PATH, PAYMENT, headers={"Idempotency-Key": "key-1"})
    assert again.status == 200
    assert again.json["id"] == made
    assert again.headers["idempotent-replayed"] == "true"


def test_a_connection_is_reset(quick: Stripe) -> None:
    """The client sees RST, not an orderly end; the work is done."""
    quick.inject(reset())
    with asked(quick) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert len(quick.payment_ids()) == 1


def test_rubbish_is_no_http(quick: Stripe) -> None:
    """What comes can't be read as HTTP, and nothing is done."""
    quick.inject(malformed())
    with asked(quick) as connection:
        assert not everything(connection).startswith(b"HTTP/")
    assert quick.payment_ids() == set()


def test_latency_comes_before_the_work(quick: Stripe) -> None:
    """For the time told nothing is done, and then all of it."""
    quick.inject(Fault(FaultKind.LATENCY, seconds=0.3))
    started = time.monotonic()
    with asked(quick) as connection:
        wait_until(lambda: len(quick.requests) == 1, 5, "the request came")
        assert quick.payment_ids() == set()
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert time.monotonic() - started >= 0.3


def test_hanging_ends_when_released(quick: Stripe) -> None:
    """It hangs without an end, others are served meanwhile, and on release the answer comes."""
    quick.inject(hang())
    with asked(quick) as connection:
        wait_until(lambda: len(quick.requests) == 1, 5, "the request came")
        assert quick.call("GET", PATH).status == 200
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        quick.release()
        connection.settimeout(10)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("fault", [drip_headers(), drip_body()])
def test_dripping_comes_byte_by_byte(quick: Stripe, fault: Fault) -> None:
    """The answer arrives whole, in many small parts."""
    quick.drip_seconds = 0.0001
    quick.inject(fault)
    with asked(quick) as connection:
        parts, found = 0, b""
        while not found.endswith(b'"transfer_group":null}'):
            found += connection.recv(65536)
            parts += 1
    assert found.startswith(b"HTTP/1.1 200")
    assert parts > 20


def test_rate_limit_and_error(quick: Stripe) -> None:
    """429 and 500 have Stripe's shape, and nothing is done."""
    quick.inject(Fault(FaultKind.RATE_LIMIT), Fault(FaultKind.SERVER_ERROR))
    limited, failed = (quick.call("POST", PATH, PAYMENT) for _ in range(2))
    assert (limited.status, limited.json["error"]["code"]) == (429, "rate_limit")
    assert (failed.status, failed.json["error"]["type"]) == (500, "api_error")
    assert quick.payment_ids() == set()


def test_faults_choose_their_requests(quick: Stripe) -> None:
    """By path, by method, for so many requests, and for all."""
    quick.inject(
        Fault(FaultKind.RATE_LIMIT, path="/v1/refunds", times=2),
        Fault(FaultKind.SERVER_ERROR, path="/v1/", method="POST"),
    )
    assert quick.call("GET", PATH).status == 200
    assert [quick.call("GET", "/v1/refunds").status for _ in range(3)] == [429, 429, 200]
    assert [quick.call("POST", PATH, PAYMENT).status for _ in range(2)] == [500, 200]
    quick.inject(always(respond(402, {})))
    assert [quick.call("GET", PATH).status for _ in range(3)] == [402] * 3
    quick.clear_faults()
    assert quick.call("GET", PATH).status == 200


def statuses(seed: int) -> list[int]:
    """Return what comes of 40 requests of which about half fail."""
    fault = Fault(FaultKind.RATE_LIMIT, times=None, rate=0.5)
    with Stripe(seed=seed, faults=[fault]) as stripe:
        return [stripe.call("GET", PATH).status for _ in range(40)]


def test_a_rate_is_repeatable_by_seed() -> None:
    """The same seed hits the same requests, another seed others; about as many as told."""
    first = statuses(1)
    assert first == statuses(1)
    assert first != statuses(2)
    assert 8 <= first.count(429) <= 32


def test_ids_are_repeatable_by_seed() -> None:
    """The same seed and requests give the same ids; without a seed they differ."""

    def made(seed: int | None) -> str:
        with Stripe(seed=seed) as stripe:
            return str(stripe.call("POST", PATH, PAYMENT).json["client_secret"])

    assert made(7) == made(7)
    assert len({made(7), made(8), made(None), made(None)}) == 4


def test_faults_by_the_control_route(quick: Stripe) -> None:
    """`/_sandbox/faults` takes the same faults as JSON, forgets them, and says what is wrong."""
    quick.control("faults", kind="response", status=418, body='{"a":1}', headers={"X-A": "b"})
    scripted = quick.call("GET", PATH)
    assert (scripted.status, scripted.body, scripted.headers["x-a"]) == (418, b'{"a":1}', "b")
    quick.control("faults", kind="rate_limit", times=None, path="/v1/refunds", rate=1.0)
    assert quick.call("GET", "/v1/refunds").status == 429
    assert quick.control("faults", "DELETE") == {}
    assert quick.call("GET", "/v1/refunds").status == 200
    for wrong in ({"kind": "flood"}, {"kind": "hang", "often": 1}, {"kind": "hang", "times": "1"}):
        with pytest.raises(AssertionError, match="error"):
            quick.control("faults", **wrong)


def test_what_was_received_can_be_read(quick: Stripe) -> None:
    """`/_sandbox/requests` tells each request, but not whose key it was."""
    quick.call("POST", PATH, PAYMENT)
    (request,) = quick.control("requests", "GET")
    assert (request["method"], request["path"]) == ("POST", PATH)
    assert request["body"] == "amount=2000&currency=eur"
    assert "authorization" not in request["headers"]


def test_stopping_ends_everything_that_hangs() -> None:
    """When it stops, hanging connections end and its port is free again."""
    with Stripe() as stripe:
        stripe.inject(hang())
        ended: list[type[BaseException]] = []

        def ask() -> None:
            try:
                stripe.call("GET", PATH)
            except (OSError, http.client.HTTPException) as error:
                ended.append(type(error))

        thread = threading.Thread(target=ask)
        thread.start()
        wait_until(lambda: len(stripe.requests) == 1, 5, "the request came")
    thread.join(5)
    assert len(ended) == 1
    with Stripe(port=int(stripe.url.rpartition(":")[2])) as again:
        assert again.call("GET", PATH).status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /v1/refunds HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"GET /" + b"a" * 200_000,
    ],
)
def test_what_is_no_http_is_400(quick: Stripe, sent: bytes) -> None:
    """A client that does not speak HTTP gets 400 and its connection is closed."""
    host, port = quick.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent)
        with contextlib.suppress(ConnectionResetError):
            assert everything(connection).startswith(b"HTTP/1.1 400")
    assert quick.call("GET", PATH).status == 200
