"""Many malformed requests to the application itself: no 500, and nothing unsigned is published."""

import io
import json
import logging
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

import pytest

from harness.deliveries import payment_intent_event
from harness.healthy_broker import HealthyBroker
from harness.in_process import services_over
from harness.mutation import mutate
from harness.scale import scaled
from harness.sender import stripe_signature
from paycli.errors import PaymentNotFound
from paycli.models import Acknowledgement, Record
from server.app import create_app
from server.metrics import Metrics

REQUESTS = scaled(4_000, 1_000_000)
SEED = 20_260_131
SECRET, TOKEN = "whsec_of_the_fuzzer_00001", "token-of-the-fuzzer"
EVENTS = "/api/v1/stripe/events"
PAYMENT = json.dumps(
    {"amount": 2000, "currency": "eur", "reference": "b-1", "metadata": {"a": "b"}}
).encode()
CHECKOUT = json.dumps(
    {
        **json.loads(PAYMENT),
        "flow": "checkout",
        "success_url": "https://shop.test/ok",
        "capture_method": "manual",
    }
).encode()
EVENT = payment_intent_event("evt_fuzz", "pi_fuzz")
BODIES = (PAYMENT, CHECKOUT, EVENT, b"{}", b"", b"[]", b'{"amount": 1}')
PATHS = (
    *(EVENTS, EVENTS, EVENTS, "/api/v1/payments", "/api/v1/payments", "/api/v1/payments/pi_1"),
    *("/api/v1/payments/pi_1/capture", "/api/v1/payments/pi_1/cancel", "/healthz", "/readyz"),
    *("/api/v1/payments/pi_1/refunds", "/api/v1/refunds/re_1", "/openapi.json", "/docs", "/"),
    "/nowhere",
)
QUERIES = (
    "",
    "",
    "",
    "limit=5",
    "reference=b-1&status=succeeded",
    "cursor=abc&limit=x",
    "account=a",
)
METHODS = ("GET", "POST", "POST", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "X")


class FakeBackends(HealthyBroker):
    """A Stripe without payments, and a Kafka that accepts every record."""

    def __init__(self) -> None:
        self.published = 0

    def open(self, account: str | None) -> NoReturn:
        """Raise PaymentNotFound."""
        raise PaymentNotFound("there is no such payment", stripe_code=account and "x")

    def publish(self, record: Record) -> Acknowledgement:
        """Count the record."""
        assert record.value
        self.published += 1
        return Acknowledgement(record.topic, 0, self.published)


@pytest.fixture
def errors_logged() -> Iterator[list[logging.LogRecord]]:
    """Give a list of the logged errors; other levels are disabled, for speed."""
    logged: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record)

    handler = Keep()
    ours = logging.getLogger("paycli")
    level = ours.level
    ours.setLevel(logging.ERROR)
    ours.addHandler(handler)
    yield logged
    ours.setLevel(level)
    ours.removeHandler(handler)


def signature(seeded: random.Random, body: bytes) -> str:
    """Build a signature header: valid, of another body, secret or time, or mutated."""
    valid = stripe_signature(body, SECRET)
    return seeded.choice(
        (
            valid,
            valid,
            stripe_signature(body, "whsec_unknown"),
            stripe_signature(body + b" ", SECRET),
            stripe_signature(body, SECRET, 1_000_000_000),
            valid.replace("v1=", "v0="),
            "",
            mutate(seeded, valid.encode()).decode("latin-1"),
        )
    )


def is_signed(header: str, body: bytes) -> bool:
    """Whether the header has a valid signature of the body, for any of its times."""
    items = header.split(",")
    times = [item[2:] for item in items if item.startswith("t=") and item[2:].isdecimal()]
    return any(
        time.isascii() and stripe_signature(body, SECRET, int(time)).partition(",")[2] in items
        for time in times
    )


def environ(seeded: random.Random) -> tuple[dict[str, Any], bool]:
    """Build a WSGI environment; return it and whether its event may be published."""
    path = seeded.choice(PATHS)
    if seeded.random() < 0.2:
        path = "/" + mutate(seeded, path.encode()).decode("latin-1").lstrip("/")
    body = seeded.choice(BODIES)
    if seeded.random() < 0.6:
        body = mutate(seeded, body, BODIES)
    elif path == EVENTS:
        body = EVENT
    header = signature(seeded, body)
    length = str(len(body)) if seeded.random() < 0.9 else seeded.choice(("", "x", "-1", "1", "0"))
    request: dict[str, Any] = {
        "REQUEST_METHOD": seeded.choice(METHODS),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": seeded.choice(QUERIES),
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "x",
        "HTTP_STRIPE_SIGNATURE": header,
        "CONTENT_TYPE": seeded.choice(("application/json", "application/json", "text/plain", "")),
        "CONTENT_LENGTH": length,
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    }
    if seeded.random() < 0.7:
        request["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    if seeded.random() < 0.8:
        request["HTTP_IDEMPOTENCY_KEY"] = seeded.choice(("k", "k" * 201, "é", ""))
    for name in ("HTTP_X_REQUEST_ID", "HTTP_TRACEPARENT", "HTTP_ACCEPT", "HTTP_COOKIE"):
        if seeded.random() < 0.2:
            request[name] = mutate(seeded, b"00-a-b-01").decode("latin-1")
    return request, is_signed(header, body)


def test_no_request_causes_a_500_and_nothing_unsigned_is_published(
    errors_logged: list[logging.LogRecord], figures: dict[str, object]
) -> None:
    """Every status is below 500, no error is logged, and only signed events are published."""
    backends = FakeBackends()
    services = services_over(backends, secret=SECRET, callers={TOKEN: "fuzzer"}, max_in_flight=4)
    app = create_app(services, recorder=Metrics(1, {}).recorder(0), max_body_bytes=20_000)
    seeded = random.Random(SEED)
    statuses: Counter[int] = Counter()
    started: list[str] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> object:
        started[:] = [status]
        assert all("\r" not in value and "\n" not in value for _, value in headers)
        return None

    for number in range(REQUESTS):
        request, may_be_published = environ(seeded)
        before = backends.published
        b"".join(app(request, start_response))  # type: ignore[arg-type]  # its result is unused
        status = int(started[0][:3])
        statuses[status] += 1
        assert status < 500, (number, request)
        assert backends.published == before or (
            may_be_published and request["REQUEST_METHOD"] == "POST"
        )
    figures |= {"requests": REQUESTS, "published": backends.published, "statuses": dict(statuses)}
    assert errors_logged == []
    # The control: not all requests are refused.
    assert backends.published > REQUESTS / 1000
    assert {200, 400, 401, 404, 405, 415, 422} <= statuses.keys()
