"""Failures on demand: what to do to which requests, and how often.

A fault is plain data, so that tests, settings and the control route say it in the same words.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum, auto

from paycli.sandbox.standin.messages import Manner, Reply, Request, json_reply

RUBBISH = b"\x00\xff\xfe not HTTP at all\r\n\r\n"


class FaultKind(StrEnum):
    """What goes wrong."""

    LATENCY = auto()
    """The request waits before Stripe looks at it; its idempotency key is free meanwhile."""
    SLOW_PROCESSING = auto()
    """Stripe works on it for a while; its idempotency key is in use meanwhile."""
    HANG = auto()
    """No answer until `release`; like latency without an end."""
    DRIP = auto()
    """The answer comes byte by byte."""
    DRIP_BODY = auto()
    """The headers come at once, the body byte by byte."""
    RESET = auto()
    """The work is done, then the connection is reset."""
    DISCONNECT = auto()
    """The work is done, then the connection is closed without an answer."""
    RATE_LIMIT = auto()
    """429, nothing is done."""
    SERVER_ERROR = auto()
    """500, kept under the idempotency key; nothing is done."""
    MALFORMED = auto()
    """Bytes that are not HTTP; nothing is done."""
    RESPONSE = auto()
    """The given answer, nothing is done; `stored` keeps it under the idempotency key."""


_MANNERS = {
    FaultKind.DRIP: Manner.DRIP,
    FaultKind.DRIP_BODY: Manner.DRIP_BODY,
    FaultKind.RESET: Manner.RESET,
    FaultKind.DISCONNECT: Manner.LOST,
}


class WrongFault(ValueError):
    """A fault is not understood; the text says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request.

    `seconds` is how long it waits, for ever (until `release`) if None. `status`, `body` and
    `headers` are those of an `answer`. It holds for `times` requests (None: for all) whose path
    begins with `path` and whose method is `method` (empty: any), each with the chance `rate`.
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
    def waits(self) -> bool:
        """Whether the request waits before anything else."""
        return self.kind in (FaultKind.LATENCY, FaultKind.HANG)

    @property
    def works(self) -> bool:
        """Whether it is waited while the key is in use."""
        return self.kind is FaultKind.SLOW_PROCESSING

    @property
    def manner(self) -> Manner:
        """How the reply goes out."""
        return _MANNERS.get(self.kind, Manner.WHOLE)

    @property
    def kept(self) -> bool:
        """Whether the answer of the fault is kept under the idempotency key."""
        return self.stored or self.kind is FaultKind.SERVER_ERROR

    def reply(self) -> Reply | None:
        """The answer in place of Stripe's own; None: Stripe does the work."""
        match self.kind:
            case FaultKind.RATE_LIMIT:
                return json_reply(429, RATE_LIMITED, RATE_LIMITED_HEADERS)
            case FaultKind.SERVER_ERROR:
                return json_reply(500, SERVER_ERROR)
            case FaultKind.MALFORMED:
                return Reply(0, RUBBISH, manner=Manner.RAW)
            case FaultKind.RESPONSE:
                return json_reply(self.status, self.body, self.headers)
        return None

    def meets(self, request: Request) -> bool:
        """Whether the request is one of those it is for."""
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
SERVER_ERROR = {
    "error": {"message": "An error on our side: we have been told.", "type": "api_error"}
}


def fault_of(told: Mapping[str, object]) -> Fault:
    """The fault that a JSON object tells, such as `{"kind": "hang", "times": 3}`.

    Raises:
        WrongFault: a field is unknown or has the wrong type.
    """
    if unknown := told.keys() - {f.name for f in fields(Fault)}:
        raise WrongFault(f"there is no {', '.join(sorted(unknown))}")
    values = dict(told)
    for name, value in told.items():
        right: tuple[type, ...] = _TYPES[name]
        if not isinstance(value, right) or (isinstance(value, bool) and bool not in right):
            raise WrongFault(f"{name} has the wrong type")
    try:
        values["kind"] = FaultKind(str(told.get("kind")))
    except ValueError:
        raise WrongFault(f"kind is one of {', '.join(FaultKind)}") from None
    if not 200 <= int(str(told.get("status", 200))) <= 599:  # noqa: PLR2004  (HTTP's final statuses)
        raise WrongFault("status is between 200 and 599")
    if isinstance(body := told.get("body"), str):
        values["body"] = body.encode()
    return Fault(**values)  # type: ignore[arg-type]  # checked above


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


class Faults:
    """The faults that wait for their requests; the oldest that fits a request takes it."""

    def __init__(self, seed: int | None = None) -> None:
        # Not for security: a seed must give the same choices again.
        self._random = random.Random(seed)  # noqa: S311  (see above)
        self._waiting: list[tuple[Fault, int | None]] = []

    def add(self, *faults: Fault) -> None:
        """Adds faults, to be met in this order."""
        self._waiting += [(fault, fault.times) for fault in faults]

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        self._waiting.clear()

    def next_for(self, request: Request) -> Fault | None:
        """What goes wrong with this request; None: nothing."""
        for index, (fault, left) in enumerate(self._waiting):
            if not fault.meets(request):
                continue
            if fault.rate < 1 and self._random.random() >= fault.rate:
                continue
            if left is not None:
                if left <= 1:
                    del self._waiting[index]
                else:
                    self._waiting[index] = (fault, left - 1)
            return fault
        return None
