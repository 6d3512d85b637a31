"""Many malformed requests as bytes on the sockets of a running daemon."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from harness.deliveries import payment_intent_event
from harness.mutation import mutate
from harness.raw_http import RawResponse, exchange
from harness.scale import scaled
from service import EVENTS, PAYMENTS, TOKEN, Service

REQUESTS = scaled(1_500, 50_000)
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


BEARER = f"Authorization: Bearer {TOKEN}"
SAMPLES = (
    request("GET /healthz HTTP/1.1"),
    request("GET /readyz HTTP/1.0"),
    request(f"POST {EVENTS} HTTP/1.1", EVENT, "Stripe-Signature: t=1700000000,v1=" + "0" * 64),
    request(f"POST {EVENTS} HTTP/1.1", EVENT),
    request(f"POST {PAYMENTS} HTTP/1.1", b'{"amount": 1}', BEARER, "Idempotency-Key: k"),
    request(f"GET {PAYMENTS}/pi_1 HTTP/1.1"),
    request("OPTIONS /healthz HTTP/1.1"),
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)
ALLOWED_STATUSES = {200, 400, 401, 404, 405, 408, 413, 415, 422, 431, 501, 505, 100}


def test_no_bytes_cause_a_500_and_nothing_unsigned_is_published(
    service: Service, figures: dict[str, object]
) -> None:
    """There is no 500, no traceback and no record, and afterwards it serves as before."""

    def send_malformed(number: int) -> RawResponse:
        seeded = random.Random(f"{SEED}/{number}")
        data = mutate(seeded, seeded.choice(SAMPLES), SAMPLES)
        if seeded.random() < 0.2:
            data += seeded.choice(SAMPLES)
        return exchange(service.daemon.port, data, RESPONSE_SECONDS)

    service.records()
    statuses: Counter[int] = Counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for response in pool.map(send_malformed, range(REQUESTS), chunksize=50):
            statuses.update(response.statuses)
    figures |= {"requests": REQUESTS, "statuses": dict(statuses)}
    # Requests with a token reach Stripe's stand-in, which has no such payment.
    assert statuses.keys() <= ALLOWED_STATUSES, statuses
    assert {200, 400, 401} <= statuses.keys()
    log = service.daemon.stderr_text()
    for word in ("Traceback", "traceback", "unexpected_error", "connection_failed", '"error"'):
        assert word not in log, [line for line in log.splitlines() if word in line][:3]
    assert service.records() == []
    assert service.deliver_payment_event("evt_after", "pi_after").status == 200
    assert len(service.records()) == 1
