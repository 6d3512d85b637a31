"""A load generator: concurrent clients that record the outcome of each delivery.

It implements HTTP and Stripe's documented signature, and knows nothing of the service.
"""

import hashlib
import hmac
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .keepalive import KeepAlive

DEFAULT_CLIENTS = 16


def stripe_signature(body: bytes, secret: str, at_seconds: float | None = None) -> str:
    """Return the Stripe-Signature header of `body`, as of now or of a Unix time in seconds."""
    signed_at = int(time.time() if at_seconds is None else at_seconds)
    mac = hmac.new(secret.encode(), b"%d.%b" % (signed_at, body), hashlib.sha256)
    return f"t={signed_at},v1={mac.hexdigest()}"


def rolled_signature(body: bytes, secrets: Sequence[str]) -> str:
    """Return Stripe's header while secrets are rolled: one time, a signature for each secret."""
    now = time.time()
    first, *others = (stripe_signature(body, secret, now) for secret in secrets)
    return ",".join([first, *(other.split(",")[1] for other in others)])


@dataclass(frozen=True)
class Delivery:
    """One POST. With a secret, each attempt gets a new signature, as Stripe does.

    `sign` returns the header Stripe-Signature of a body, for secrets that change meanwhile.
    """

    event_id: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: str | None = None
    sign: Callable[[bytes], str] | None = None


@dataclass(frozen=True)
class Outcome:
    """The outcome of a delivery: the last response, or status None and the connection's `error`.

    The latency runs from when the delivery was due (with a rate) or first sent to the last
    response; it includes waiting for a free client and redeliveries.
    """

    event_id: str
    status: int | None
    body: bytes
    latency_seconds: float
    attempts: int = 1
    error: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the last response was 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST of a delivery to `url`: its start (monotonic), its duration, the response's status.

    The status is None if there was no response; then `error` is the connection's.
    """

    event_id: str
    started_at_seconds: float
    seconds: float
    status: int | None
    url: str
    error: str = ""


@dataclass(frozen=True)
class Redelivery:
    """Retries until 2xx, with exponential backoff and jitter."""

    max_attempts: int
    first_wait_seconds: float = 0.1
    max_wait_seconds: float = 2.0

    def wait_seconds(self, attempts: int, jitter: random.Random) -> float:
        """Return how long to wait after this number of attempts."""
        wait = min(self.first_wait_seconds * 2.0 ** (attempts - 1), self.max_wait_seconds)
        return wait * jitter.uniform(0.5, 1.0)


ONCE = Redelivery(max_attempts=1)


def _ignore(_: Attempt) -> None:
    """Do nothing."""


def send(
    deliveries: Iterable[Delivery],
    url: str | Sequence[str],
    *,
    clients: int = DEFAULT_CLIENTS,
    redelivery: Redelivery = ONCE,
    rate_per_second: float | None = None,
    timeout_seconds: float = 15.0,
    seed: int = 0,
    on_attempt: Callable[[Attempt], None] = _ignore,
) -> list[Outcome]:
    """POST all deliveries and return their outcomes in the same order.

    Args:
        deliveries: Drawn one by one as clients become free, so a generator may be long.
        url: Where to; with several, each attempt goes to a random one.
        clients: The number of concurrent clients, each with a connection to each URL.
        redelivery: Whether and when to retry.
        rate_per_second: Each delivery is due at its time whether or not earlier ones have a
            response (open loop), as far as there are free clients; None sends without pause.
        timeout_seconds: Of each read.
        seed: Of jitter and the choice of URLs.
        on_attempt: Called after each attempt, from many threads.
    """
    urls = [url] if isinstance(url, str) else url
    source = _Source(deliveries, rate_per_second)
    outcomes: dict[int, Outcome] = {}

    def client(number: int) -> None:
        rng = random.Random(f"{seed}/{number}")
        targets = [_Target(each, timeout_seconds) for each in urls]
        worker = _Client(targets, redelivery, rng, on_attempt)
        try:
            for index, due, delivery in source:
                outcomes[index] = worker.deliver(delivery, due)
        except BaseException as error:  # noqa: BLE001 - raised again below
            source.stop(error)
        finally:
            for target in targets:
                target.connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if source.error is not None:
        raise source.error
    return [outcomes[index] for index in range(len(outcomes))]


class _Source:
    """Yields deliveries to many threads, each at its due time (monotonic seconds)."""

    def __init__(self, deliveries: Iterable[Delivery], rate_per_second: float | None) -> None:
        self.error: BaseException | None = None
        self._deliveries = enumerate(deliveries)
        self._rate_per_second = rate_per_second
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[tuple[int, float, Delivery]]:
        while True:
            with self._lock:
                following = None if self.error else next(self._deliveries, None)
            if following is None:
                return
            yield following[0], self._wait_until_due(following[0]), following[1]

    def stop(self, error: BaseException) -> None:
        """Stop all clients because one has failed."""
        self.error = self.error or error

    def _wait_until_due(self, index: int) -> float:
        now = time.monotonic()
        if self._rate_per_second is None:
            return now
        due = self._started + index / self._rate_per_second
        time.sleep(max(0.0, due - now))
        return due


class _Target:
    """A URL and one client's connection to it."""

    def __init__(self, url: str, timeout_seconds: float) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self.url = url
        self.connection = KeepAlive(parts.hostname, parts.port or 80, timeout_seconds)
        self._start = f"POST {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n"

    def post(self, delivery: Delivery) -> tuple[int | None, bytes, str]:
        """Return the response's status and body, or None and the connection's error."""
        try:
            return (*self.connection.exchange(self._request(delivery)), "")
        except OSError as error:
            return None, b"", f"{type(error).__name__}: {error}"

    def _request(self, delivery: Delivery) -> bytes:
        headers = {"Content-Type": "application/json", **delivery.headers}
        if delivery.sign is not None:
            headers["Stripe-Signature"] = delivery.sign(delivery.body)
        elif delivery.secret is not None:
            headers["Stripe-Signature"] = stripe_signature(delivery.body, delivery.secret)
        headers["Content-Length"] = str(len(delivery.body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self._start}{lines}\r\n".encode("latin-1") + delivery.body


class _Client:
    def __init__(
        self,
        targets: Sequence[_Target],
        redelivery: Redelivery,
        rng: random.Random,
        on_attempt: Callable[[Attempt], None],
    ) -> None:
        self._targets = targets
        self._redelivery = redelivery
        self._rng = rng
        self._on_attempt = on_attempt

    def deliver(self, delivery: Delivery, due: float) -> Outcome:
        attempts = 0
        while True:
            attempts += 1
            target = self._rng.choice(self._targets)
            started = time.monotonic()
            status, body, error = target.post(delivery)
            ended = time.monotonic()
            self._on_attempt(
                Attempt(delivery.event_id, started, ended - started, status, target.url, error)
            )
            outcome = Outcome(delivery.event_id, status, body, ended - due, attempts, error)
            if outcome.accepted or attempts >= self._redelivery.max_attempts:
                return outcome
            time.sleep(self._redelivery.wait_seconds(attempts, self._rng))
