"""Faults on demand: what goes wrong with which requests, and how often.

A fault is plain data: tests, settings and the control route use the same fields.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum, auto

from paycli.sandbox.standin.http.messages import (
    HttpRequest,
    HttpResponse,
    SendMode,
    json_response,
)

MALFORMED_RESPONSE = b"\x00\xff\xfe not HTTP at all\r\n\r\n"


class FaultKind(StrEnum):
    """What goes wrong."""

    LATENCY = auto()
    """A delay before the request is processed; its idempotency key is not yet in use."""
    SLOW_PROCESSING = auto()
    """A delay while the request is processed; its idempotency key is in use meanwhile."""
    HANG = auto()
    """Latency without end: no response until `release`."""
    DRIP = auto()
    """The response is sent byte by byte."""
    DRIP_BODY = auto()
    """The headers are sent in one write, the body byte by byte."""
    RESET = auto()
    """The request is processed, then the connection is reset."""
    DISCONNECT = auto()
    """The request is processed, then the connection is closed without a response."""
    RATE_LIMIT = auto()
    """429; the request is not processed."""
    LOCK_TIMEOUT = auto()
    """429 because of another request for the same object; the request is not processed."""
    SERVER_ERROR = auto()
    """500, stored under the idempotency key; the request is not processed."""
    MALFORMED = auto()
    """Bytes that are not HTTP; the request is not processed."""
    RESPONSE = auto()
    """The response in the fault; the request is not processed.

    `stored` stores the response under the idempotency key.
    """


_SEND_MODES = {
    FaultKind.DRIP: SendMode.DRIP,
    FaultKind.DRIP_BODY: SendMode.DRIP_BODY,
    FaultKind.RESET: SendMode.RESET,
    FaultKind.DISCONNECT: SendMode.DISCONNECT,
}


class InvalidFault(ValueError):
    """A fault's fields are not valid; the text says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request.

    `seconds` is the length of a delay, None: until `release`. `status`, `body` and `headers` are
    those of a `response`. The fault applies to `times` requests (None: to all) whose path begins
    with `path` and whose method is `method` (empty: any), each with the probability `rate`.
    """

    kind: FaultKind
    seconds: float | None = None
    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    stored: bool = False
    times: int | None = 1
    path: str = "/v1/"
    method: str = ""
    rate: float = 1.0

    @property
    def delays_start(self) -> bool:
        """Whether the request is delayed before it is processed."""
        return self.kind in (FaultKind.LATENCY, FaultKind.HANG)

    @property
    def delays_processing(self) -> bool:
        """Whether the request is delayed while its idempotency key is in use."""
        return self.kind is FaultKind.SLOW_PROCESSING

    @property
    def send_mode(self) -> SendMode:
        """How the response is sent."""
        return _SEND_MODES.get(self.kind, SendMode.COMPLETE)

    @property
    def stores_response(self) -> bool:
        """Whether the fault's response is stored under the idempotency key."""
        return self.stored or self.kind is FaultKind.SERVER_ERROR

    def response(self) -> HttpResponse | None:
        """The response instead of the API's; None: the request is processed."""
        match self.kind:
            case FaultKind.RATE_LIMIT:
                return json_response(429, RATE_LIMITED, RATE_LIMITED_HEADERS)
            case FaultKind.LOCK_TIMEOUT:
                return json_response(429, LOCK_TIMEOUT, LOCK_TIMEOUT_HEADERS)
            case FaultKind.SERVER_ERROR:
                return json_response(500, SERVER_ERROR)
            case FaultKind.MALFORMED:
                return HttpResponse(0, MALFORMED_RESPONSE, mode=SendMode.RAW)
            case FaultKind.RESPONSE:
                return json_response(self.status, self.body, self.headers)
        return None

    def matches(self, request: HttpRequest) -> bool:
        """Whether the fault applies to the request."""
        return request.path.startswith(self.path) and self.method in ("", request.method)


# https://docs.stripe.com/rate-limits
RATE_LIMITED = {
    "error": {
        "code": "rate_limit",
        "doc_url": "https://stripe.com/docs/error-codes/rate-limit",
        "message": "Too many requests: back off and send the request again.",
        "type": "invalid_request_error",
    }
}
RATE_LIMITED_HEADERS = {"Stripe-Rate-Limited-Reason": "global-rate"}
# https://docs.stripe.com/rate-limits#object-lock-timeouts
LOCK_TIMEOUT = {
    "error": {
        "code": "lock_timeout",
        "doc_url": "https://stripe.com/docs/error-codes/lock-timeout",
        "message": (
            "This object cannot be accessed right now because another API request or Stripe "
            "process is currently accessing it."
        ),
        "type": "invalid_request_error",
    }
}
LOCK_TIMEOUT_HEADERS = {"Stripe-Should-Retry": "true"}
SERVER_ERROR = {
    "error": {"message": "An error occurred in the stand-in for Stripe.", "type": "api_error"}
}


def parse_fault(values: Mapping[str, object]) -> Fault:
    """The fault of a JSON object such as `{"kind": "hang", "times": 3}`.

    Raises:
        InvalidFault: a field is unknown or has the wrong type.
    """
    if unknown := values.keys() - {known.name for known in fields(Fault)}:
        raise InvalidFault(f"unknown field: {', '.join(sorted(unknown))}")
    checked = dict(values)
    for name, value in values.items():
        types: tuple[type, ...] = _TYPES[name]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise InvalidFault(f"{name} has the wrong type")
    try:
        checked["kind"] = FaultKind(str(values.get("kind")))
    except ValueError:
        raise InvalidFault(f"kind must be one of {', '.join(FaultKind)}") from None
    if not 200 <= int(str(values.get("status", 200))) <= 599:  # noqa: PLR2004  (HTTP's final statuses)
        raise InvalidFault("status must be between 200 and 599")
    if isinstance(body := values.get("body"), str):
        checked["body"] = body.encode()
    return Fault(**checked)  # type: ignore[arg-type]  # checked above


_TYPES: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "seconds": (int, float, type(None)),
    "status": (int,),
    "body": (str,),
    "headers": (dict,),
    "stored": (bool,),
    "times": (int, type(None)),
    "path": (str,),
    "method": (str,),
    "rate": (int, float),
}


class FaultQueue:
    """The faults to come; the oldest that matches a request applies to it."""

    def __init__(self, seed: int | None = None) -> None:
        # Not for security: a seed must give the same choices each time.
        self._random = random.Random(seed)  # noqa: S311  (see above)
        self._queue: list[tuple[Fault, int | None]] = []

    def add(self, *faults: Fault) -> None:
        """Adds faults, which apply in this order."""
        self._queue += [(fault, fault.times) for fault in faults]

    def clear(self) -> None:
        """Removes all faults."""
        self._queue.clear()

    def next_for(self, request: HttpRequest) -> Fault | None:
        """The fault that applies to this request, if any; counts it."""
        for index, (fault, left) in enumerate(self._queue):
            if not fault.matches(request):
                continue
            if fault.rate < 1 and self._random.random() >= fault.rate:
                continue
            if left is not None:
                if left <= 1:
                    del self._queue[index]
                else:
                    self._queue[index] = (fault, left - 1)
            return fault
        return None
