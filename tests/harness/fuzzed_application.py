"""The application in process over a Stripe without state, and what may follow from each request.

The rules are those of the interface, stated here a second time: what needs a token, a scope or an
account never reaches Stripe without it, and only signed events are published.
"""

import io
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

import falcon

from harness.deliveries import payment_intent_event
from harness.generated_requests import GeneratedRequest
from harness.in_process import services_over
from harness.mutation import mutate
from harness.sender import stripe_signature
from harness.stripe_examples import FOREIGN_PAYMENT, FOREIGN_TRANSFER, ExampleStripe, SentRequest
from paycli.models import Acknowledgement, Record
from paycli.permissions import ApiScope, Permissions
from server.app import create_app
from server.metrics import Metrics
from server.openapi.failures import error_responses
from server.openapi.operations import OPERATIONS, Operation

SECRET = "whsec_of_the_fuzzer_00001"
ACCOUNTS = ("acct_mine", "acct_other")
MAX_BODY_BYTES = 20_000
EVENT = payment_intent_event("evt_fuzz", "pi_fuzz")
LIMITED = {
    "nothing": Permissions(scopes=frozenset()),
    "mine": Permissions(accounts=frozenset({"acct_mine"})),
    "own": Permissions(accounts=frozenset({"self"})),
    **{f"only-{scope}": Permissions(scopes=frozenset({scope})) for scope in ApiScope},
}
"""What the callers may do that are limited, by name."""
TOKENS: Mapping[str, str | None] = {
    "token-of-all": "all",
    "token-without-a-caller": None,
    **{f"token-of-{name}": name for name in LIMITED},
}
# Half of the requests have no limits.
CHOICES = (*["token-of-all"] * 12, *["token-without-a-caller"] * 3, "wrong-token", "", *TOKENS)
_BY_ROUTE = {(each.path, each.method.upper()): each for each in OPERATIONS}
_DOCUMENTED = {
    each.id: {int(each.status), *map(int, error_responses(each))}
    | ({503} if each.unavailable else set())
    for each in OPERATIONS
}
_WITHOUT_OPERATION = {200, 204, 400, 401, 404, 405, 422}
_STRIPE_FAILED = {502, 503, 504}
STRIPES_ERRORS: tuple[tuple[int, dict[str, object]], ...] = (
    (404, {"type": "invalid_request_error", "code": "resource_missing", "param": "intent"}),
    (402, {"type": "card_error", "code": "card_declined", "decline_code": "generic_decline"}),
    (400, {"type": "invalid_request_error", "code": "amount_too_small", "message": "No: pi_1"}),
    (400, {"type": "idempotency_error", "message": "Keys for idempotent requests …"}),
    (403, {"type": "invalid_request_error", "code": "account_invalid"}),
    (401, {"type": "invalid_request_error"}),
    (409, {"type": "invalid_request_error", "code": "lock_timeout"}),
    (429, {"type": "invalid_request_error", "code": "rate_limit"}),
    (500, {"type": "api_error"}),
)


class Violation(AssertionError):
    """A response, or a request to Stripe, that must not be."""


class Outside(ExampleStripe):
    """Stripe, which refuses one request in ten, and a Kafka that accepts every record."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(self._refused)
        self.published = 0
        self.refused = False
        self._rng = rng

    def publish(self, record: Record) -> Acknowledgement:
        """Count the record."""
        assert record.value
        self.published += 1
        return Acknowledgement(record.topic, 0, self.published)

    def _refused(self, _request: SentRequest) -> tuple[int, dict[str, object]] | None:
        if self._rng.random() > 0.1:
            return None
        self.refused = True
        return self._rng.choice(STRIPES_ERRORS)


class _Routed:
    """Middleware that keeps which operation a request has reached."""

    operation: Operation | None = None

    def process_response(
        self,
        request: falcon.Request,
        _response: falcon.Response,
        _resource: object,
        _succeeded: bool,  # noqa: FBT001  (Falcon's signature)
    ) -> None:
        """Keep the operation of the route."""
        self.operation = _BY_ROUTE.get((request.uri_template or "", request.method))


@dataclass(frozen=True)
class Seen:
    """How often each operation succeeded and was refused, and each status."""

    successes: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)

    def count(self, operation: Operation | None, status: int) -> None:
        """Count a response."""
        _add(self.statuses, status)
        if operation is not None:
            _add(self.successes if status < 300 else self.refusals, operation.id)

    def missing(self, operations: Iterable[Operation]) -> set[str]:
        """The ids of the operations that did not both succeed and refuse."""
        return {each.id for each in operations} - (self.successes.keys() & self.refusals.keys())


def _add(counts: dict[Any, int], name: object) -> None:
    counts[name] = counts.get(name, 0) + 1


class FuzzedApplication:
    """The application. `permissions` are those that it is given, to break it on purpose."""

    def __init__(
        self, rng: random.Random, permissions: Mapping[str, Permissions] = LIMITED
    ) -> None:
        self.outside = Outside(rng)
        self.seen = Seen()
        self._rng = rng
        self._routed = _Routed()
        services = services_over(
            self.outside,
            secret=SECRET,
            callers=TOKENS,
            max_in_flight=4,
            permissions=permissions,
        )
        recorder = Metrics(1, {}).recorder(0)
        self._app = create_app(services, recorder=recorder, max_body_bytes=MAX_BODY_BYTES)
        self._app.add_middleware(self._routed)

    def webhook(self) -> tuple[bytes, dict[str, str]]:
        """Return a body and a signature: valid, of another body, secret or time, or mutated."""
        body = EVENT if self._rng.random() < 0.5 else mutate(self._rng, EVENT)
        valid = stripe_signature(body, SECRET)
        signature = self._rng.choice(
            (
                *(valid, valid, valid),
                stripe_signature(body, "whsec_unknown"),
                stripe_signature(body + b" ", SECRET),
                stripe_signature(body, SECRET, 1_000_000_000),
                valid.replace("v1=", "v0="),
                mutate(self._rng, valid.encode()).decode("latin-1"),
            )
        )
        return body, {"Stripe-Signature": signature}

    def send(self, request: GeneratedRequest) -> int:
        """Send a request with one of the tokens; return the status. Raises Violation."""
        token = self._rng.choice(CHOICES)
        before, self._routed.operation = self.outside.published, None
        self.outside.sent.clear()
        self.outside.refused = False
        status = self._call(_environ(request, token))
        operation = self._routed.operation
        self.seen.count(operation, status)
        wrong = [
            *self._wrong_status(operation, status),
            *_wrong_calls(operation, token, status, self.outside.sent),
        ]
        if self.outside.published != before and not _may_publish(request):
            wrong.append("an event without a valid signature was published")
        if wrong:
            raise Violation(wrong, status, token, request, self.outside.sent)
        return status

    def _wrong_status(self, operation: Operation | None, status: int) -> Iterable[str]:
        failed = self.outside.refused and status in _STRIPE_FAILED
        if status >= 500 and not failed:
            yield f"{status} without a failure of Stripe"
        known = _DOCUMENTED[operation.id] if operation else _WITHOUT_OPERATION
        # Whether or not the operation exists, another method is 405, and no token is 401.
        if status not in known | {405}:
            yield f"{status} is not documented"

    def _call(self, environ: dict[str, Any]) -> int:
        started: list[str] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> object:
            started[:] = [status]
            if any("\r" in value or "\n" in value for _, value in headers):
                raise Violation("a header has a line end", headers)
            return None

        b"".join(self._app(environ, start_response))  # type: ignore[arg-type]  # its result is unused
        return int(started[0][:3])


def _wrong_calls(
    operation: Operation | None, token: str, status: int, sent: list[SentRequest]
) -> Iterable[str]:
    """Yield what a caller of this token has done without being allowed to."""
    if token not in TOKENS:
        if sent:
            yield "Stripe was called without a token"
        if operation and operation.scope and status < 400:
            yield "success without a token"
        return
    permitted = LIMITED.get(TOKENS[token] or "", Permissions())
    if permitted.scopes is not None and operation and operation.scope not in permitted.scopes:
        if sent:
            yield "Stripe was called without the scope"
        if operation.scope and status < 400:
            yield "success without the scope"
    if permitted.accounts is not None:
        for call in sent:
            yield from (
                f"Stripe was called for {account or 'our own account'}"
                for account in _accounts(call)
                if (account or "self") not in permitted.accounts
            )


def _accounts(call: SentRequest) -> Iterable[str | None]:
    """Yield each account that a request to Stripe acts for or moves money of."""
    parts = call.path.split("/")
    about_account = parts[2] in ("accounts", "account_links")
    if not about_account:
        yield call.account
    elif parts[2] == "accounts" and len(parts) > 3:
        yield parts[3]
    fields = call.fields
    names = ("destination", "transfer_data[destination]", "on_behalf_of", "account")
    yield from (fields[name] for name in names if name in fields)
    yield from (value for name, value in fields.items() if name.endswith("[on_behalf_of]"))
    if call.method != "get" and {FOREIGN_PAYMENT, FOREIGN_TRANSFER} & {
        *parts,
        fields.get("payment_intent"),
    }:
        yield "acct_other"


def _may_publish(request: GeneratedRequest) -> bool:
    """Whether the header has a valid signature of the body, for any of its times."""
    items = request.headers.get("Stripe-Signature", "").split(",")
    times = [item[2:] for item in items if item.startswith("t=") and item[2:].isdecimal()]
    return request.method == "POST" and any(
        time.isascii()
        and stripe_signature(request.body, SECRET, int(time)).partition(",")[2] in items
        for time in times
    )


def _environ(request: GeneratedRequest, token: str) -> dict[str, Any]:
    """Return the request as a server passes it to a WSGI application."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "x",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key.startswith("CONTENT_") else f"HTTP_{key}"] = value
    if token:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return environ
