"""A great many broken requests as bytes on the sockets of a running daemon."""

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
PATIENCE_SECONDS = 0.25
"""For an answer: a request that was cut short may wait for more bytes, which do not come."""

EVENT = payment_intent_event("evt_fuzz", "pi_fuzz")


def request(line: str, body: bytes = b"", *headers: str) -> bytes:
    """A whole request."""
    lines = [line, "Host: pay.test", "Connection: close", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "".join(f"{it}\r\n" for it in lines).encode() + b"\r\n" + body


BEARER = f"Authorization: Bearer {TOKEN}"
KNOWN = (
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
MAY_BE = {200, 400, 401, 404, 405, 408, 413, 415, 422, 431, 501, 505, 100}


def test_no_bytes_make_the_daemon_fail_and_nothing_unsigned_is_published(
    service: Service, figures: dict[str, object]
) -> None:
    """No 500, no traceback, no record; afterwards it serves as before."""

    def broken(number: int) -> RawResponse:
        seeded = random.Random(f"{SEED}/{number}")
        data = mutate(seeded, seeded.choice(KNOWN), KNOWN)
        if seeded.random() < 0.2:
            data += seeded.choice(KNOWN)
        return exchange(service.daemon.port, data, PATIENCE_SECONDS)

    service.records()
    statuses: Counter[int] = Counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for heard in pool.map(broken, range(REQUESTS), chunksize=50):
            statuses.update(heard.statuses)
    figures |= {"requests": REQUESTS, "statuses": dict(statuses)}
    # Stripe's stand-in is asked by whoever has a token, and knows no such payment.
    assert statuses.keys() <= MAY_BE, statuses
    assert {200, 400, 401} <= statuses.keys()
    log = service.daemon.stderr_text()
    for word in ("Traceback", "traceback", "unexpected_error", "connection_failed", '"error"'):
        assert word not in log, [line for line in log.splitlines() if word in line][:3]
    assert service.records() == []
    assert service.deliver_payment_event("evt_after", "pi_after").status == 200
    assert len(service.records()) == 1
