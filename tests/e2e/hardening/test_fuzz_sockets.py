"""Many malformed requests of every operation as bytes on the sockets of a running daemon."""

import random
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.deliveries import payment_intent_event
from harness.generated_requests import GeneratedRequest, RequestGenerator
from harness.mutation import mutate
from harness.raw_http import RawResponse, exchange
from harness.scale import scaled
from harness.stripe_ids import existing_ids
from server.openapi.operations import OPERATIONS
from service import EVENTS, TOKEN, Service

REQUESTS = scaled(1_500, 100_000)
CLIENTS = 8
SEED = 20_260_131
RESPONSE_SECONDS = 0.25
"""How long a response is awaited: a truncated request gets none before its timeout."""

EVENT = payment_intent_event("evt_fuzz", "pi_fuzz")


def request(line: str, body: bytes = b"", *headers: str) -> bytes:
    """Build a complete request."""
    lines = [line, "Host: pay.test", "Connection: close", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "".join(f"{each}\r\n" for each in lines).encode() + b"\r\n" + body


WRONG_SIGNATURE = {"Stripe-Signature": "t=1700000000,v1=" + "0" * 64}
OTHERS = (
    request("GET /readyz HTTP/1.0"),
    request(f"POST {EVENTS} HTTP/1.1", EVENT),
    request("GET /api/v1/payments/pi_1 HTTP/1.1"),
    request("OPTIONS /healthz HTTP/1.1"),
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)
ALLOWED_STATUSES = {
    *(100, 200, 201, 204, 400, 401, 402, 404, 405, 408, 409, 413, 415, 422, 431, 501, 505),
}


def encoded(generated: GeneratedRequest) -> bytes:
    """Build the bytes of a request of a caller, with an idempotency key that is new."""
    own = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": uuid.uuid4().hex}
    lines = [f"{name}: {value}" for name, value in {**generated.headers, **own}.items()]
    return request(f"{generated.method} {generated.target} HTTP/1.1", generated.body, *lines)


@pytest.fixture
def samples(service: Service) -> dict[str, bytes]:
    """Give a valid request of each operation, by its id, about objects that Stripe has."""
    ids = existing_ids(service.stripe)
    generator = RequestGenerator(random.Random(SEED), lambda: (EVENT, WRONG_SIGNATURE), ids)
    return {each.id: encoded(generator.valid(each)) for each in OPERATIONS}


def test_each_sample_is_a_request_of_its_operation(
    service: Service, samples: dict[str, bytes]
) -> None:
    """The control: unchanged, most samples succeed; the others are refused by their operation.

    Earlier samples decide on the objects of later ones: a canceled payment is not captured.
    It comes first, since the malformed requests change objects, too.
    """
    sent = {name: exchange(service.daemon.port, data, 5) for name, data in samples.items()}
    statuses = {name: status for name, response in sent.items() for status in response.statuses}
    assert statuses.keys() == samples.keys()
    assert set(statuses.values()) <= {200, 201, 204, 400, 404}, {
        n: s for n, s in statuses.items() if s > 299
    }
    assert sum(status < 300 for status in statuses.values()) > len(samples) // 2, statuses


def test_no_bytes_cause_a_500_and_nothing_unsigned_is_published(
    service: Service, samples: dict[str, bytes], figures: dict[str, object]
) -> None:
    """There is no 500, no traceback and no record, and afterwards it serves as before."""
    known = [*samples.values(), *OTHERS]

    def send_malformed(number: int) -> RawResponse:
        seeded = random.Random(f"{SEED}/{number}")
        data = mutate(seeded, known[number % len(known)], known)
        if seeded.random() < 0.2:
            data += seeded.choice(known)
        return exchange(service.daemon.port, data, RESPONSE_SECONDS)

    service.records()
    statuses: Counter[int] = Counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for response in pool.map(send_malformed, range(REQUESTS), chunksize=50):
            statuses.update(response.statuses)
    figures |= {
        "requests": REQUESTS,
        "operations": len(samples),
        "responses by status": dict(statuses),
    }
    assert statuses.keys() <= ALLOWED_STATUSES, statuses
    assert {200, 400, 401} <= statuses.keys()
    log = service.daemon.stderr_text()
    for word in ("Traceback", "traceback", "unexpected_error", "connection_failed", '"error"'):
        assert word not in log, [line for line in log.splitlines() if word in line][:3]
    assert service.records() == []
    assert service.deliver_payment_event("evt_after", "pi_after").status == 200
    assert len(service.records()) == 1
