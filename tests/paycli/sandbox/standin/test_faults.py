"""Each kind of fault, as a client's socket sees it."""

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
def payment_request(stripe: Stripe) -> Iterator[socket.socket]:
    """A socket on which a request for a payment was sent."""
    host, port = stripe.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        body = b"amount=2000&currency=eur"
        connection.sendall(
            b"POST /v1/payment_intents HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Authorization: Bearer sk_test_x\r\nIdempotency-Key: key-1\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        yield connection


def read_all(connection: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def test_a_disconnected_request_is_processed(fast_stand_in: Stripe) -> None:
    """The payment is created, the connection closes without a byte; the same key replays it."""
    fast_stand_in.inject(disconnect())
    with payment_request(fast_stand_in) as connection:
        assert read_all(connection) == b""
    (intent_id,) = fast_stand_in.payment_ids()
    again = fast_stand_in.call("POST", PATH, PAYMENT, headers={"Idempotency-Key": "key-1"})
    assert again.status == 200
    assert again.json["id"] == intent_id
    assert again.headers["idempotent-replayed"] == "true"


def test_a_reset_request_is_processed(fast_stand_in: Stripe) -> None:
    """The client receives RST; the payment is created."""
    fast_stand_in.inject(reset())
    with payment_request(fast_stand_in) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert len(fast_stand_in.payment_ids()) == 1


def test_a_malformed_response_is_not_http(fast_stand_in: Stripe) -> None:
    """The response is not HTTP, and no payment is created."""
    fast_stand_in.inject(malformed())
    with payment_request(fast_stand_in) as connection:
        assert not read_all(connection).startswith(b"HTTP/")
    assert fast_stand_in.payment_ids() == set()


def test_latency_delays_the_processing(fast_stand_in: Stripe) -> None:
    """The payment is created only after the delay."""
    fast_stand_in.inject(Fault(FaultKind.LATENCY, seconds=0.3))
    started = time.monotonic()
    with payment_request(fast_stand_in) as connection:
        wait_until(lambda: len(fast_stand_in.requests) == 1, 5, "the request was received")
        assert fast_stand_in.payment_ids() == set()
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert time.monotonic() - started >= 0.3


def test_a_hanging_request_ends_on_release(fast_stand_in: Stripe) -> None:
    """A hanging request blocks no others, and is processed after `release`."""
    fast_stand_in.inject(hang())
    with payment_request(fast_stand_in) as connection:
        wait_until(lambda: len(fast_stand_in.requests) == 1, 5, "the request was received")
        assert fast_stand_in.call("GET", PATH).status == 200
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        fast_stand_in.release()
        connection.settimeout(10)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("fault", [drip_headers(), drip_body()])
def test_a_dripping_response_arrives_in_many_parts(fast_stand_in: Stripe, fault: Fault) -> None:
    """The complete response arrives in many small parts."""
    fast_stand_in.drip_seconds = 0.0001
    fast_stand_in.inject(fault)
    with payment_request(fast_stand_in) as connection:
        parts, received = 0, b""
        while not received.endswith(b'"transfer_group":null}'):
            received += connection.recv(65536)
            parts += 1
    assert received.startswith(b"HTTP/1.1 200")
    assert parts > 20


def test_rate_limit_and_server_error(fast_stand_in: Stripe) -> None:
    """429 and 500 have Stripe's error bodies, and no payment is created."""
    fast_stand_in.inject(Fault(FaultKind.RATE_LIMIT), Fault(FaultKind.SERVER_ERROR))
    limited, failed = (fast_stand_in.call("POST", PATH, PAYMENT) for _ in range(2))
    assert (limited.status, limited.json["error"]["code"]) == (429, "rate_limit")
    assert (failed.status, failed.json["error"]["type"]) == (500, "api_error")
    assert fast_stand_in.payment_ids() == set()


def test_faults_apply_to_matching_requests(fast_stand_in: Stripe) -> None:
    """Faults match by path and method, for a number of requests or for all."""
    fast_stand_in.inject(
        Fault(FaultKind.RATE_LIMIT, path="/v1/refunds", times=2),
        Fault(FaultKind.SERVER_ERROR, path="/v1/", method="POST"),
    )
    assert fast_stand_in.call("GET", PATH).status == 200
    assert [fast_stand_in.call("GET", "/v1/refunds").status for _ in range(3)] == [429, 429, 200]
    assert [fast_stand_in.call("POST", PATH, PAYMENT).status for _ in range(2)] == [500, 200]
    fast_stand_in.inject(always(respond(402, {})))
    assert [fast_stand_in.call("GET", PATH).status for _ in range(3)] == [402] * 3
    fast_stand_in.clear_faults()
    assert fast_stand_in.call("GET", PATH).status == 200


def statuses_with_seed(seed: int) -> list[int]:
    """Return the statuses of 40 requests, each failing with probability 0.5."""
    fault = Fault(FaultKind.RATE_LIMIT, times=None, rate=0.5)
    with Stripe(seed=seed, faults=[fault]) as stripe:
        return [stripe.call("GET", PATH).status for _ in range(40)]


def test_a_rate_is_repeatable_with_a_seed() -> None:
    """The same seed affects the same requests, another seed others; about half fail."""
    first = statuses_with_seed(1)
    assert first == statuses_with_seed(1)
    assert first != statuses_with_seed(2)
    assert 8 <= first.count(429) <= 32


def test_ids_are_repeatable_with_a_seed() -> None:
    """The same seed and requests give the same ids; without a seed ids differ."""

    def client_secret(seed: int | None) -> str:
        with Stripe(seed=seed) as stripe:
            return str(stripe.call("POST", PATH, PAYMENT).json["client_secret"])

    assert client_secret(7) == client_secret(7)
    assert (
        len({client_secret(seed) for seed in (7, 8)} | {client_secret(None) for _ in range(2)}) == 4
    )


def test_faults_can_be_set_by_the_control_route(fast_stand_in: Stripe) -> None:
    """`/_sandbox/faults` adds faults in JSON, clears them, and refuses invalid ones."""
    fast_stand_in.control(
        "faults", kind="response", status=418, body='{"a":1}', headers={"X-A": "b"}
    )
    scripted = fast_stand_in.call("GET", PATH)
    assert (scripted.status, scripted.body, scripted.headers["x-a"]) == (418, b'{"a":1}', "b")
    fast_stand_in.control("faults", kind="rate_limit", times=None, path="/v1/refunds", rate=1.0)
    assert fast_stand_in.call("GET", "/v1/refunds").status == 429
    assert fast_stand_in.control("faults", "DELETE") == {}
    assert fast_stand_in.call("GET", "/v1/refunds").status == 200
    for wrong in ({"kind": "flood"}, {"kind": "hang", "often": 1}, {"kind": "hang", "times": "1"}):
        with pytest.raises(AssertionError, match="error"):
            fast_stand_in.control("faults", **wrong)


def test_received_requests_can_be_read(fast_stand_in: Stripe) -> None:
    """`/_sandbox/requests` lists the requests without their API keys."""
    fast_stand_in.call("POST", PATH, PAYMENT)
    (request,) = fast_stand_in.control("requests", "GET")
    assert (request["method"], request["path"]) == ("POST", PATH)
    assert request["body"] == "amount=2000&currency=eur"
    assert "authorization" not in request["headers"]


def test_stopping_ends_hanging_requests() -> None:
    """When the stand-in stops, hanging connections are closed and its port is free."""
    with Stripe() as stripe:
        stripe.inject(hang())
        ended: list[type[BaseException]] = []

        def send_request() -> None:
            try:
                stripe.call("GET", PATH)
            except (OSError, http.client.HTTPException) as error:
                ended.append(type(error))

        thread = threading.Thread(target=send_request)
        thread.start()
        wait_until(lambda: len(stripe.requests) == 1, 5, "the request was received")
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
def test_malformed_requests_are_400(fast_stand_in: Stripe, sent: bytes) -> None:
    """A malformed request is 400 and its connection is closed."""
    host, port = fast_stand_in.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent)
        with contextlib.suppress(ConnectionResetError):
            assert read_all(connection).startswith(b"HTTP/1.1 400")
    assert fast_stand_in.call("GET", PATH).status == 200
