"""Stripe's state as far as tests need it: payments, sessions, and idempotency keys."""

import itertools
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from . import fixtures
from .stripe_replies import Form, Received, Reply, error_reply, json_reply

# Refused before anything ran, so the key stays free.
NOT_STORED = {400, 401, 404, 409, 429}
SESSION_LIFETIME_SECONDS = 86_400
ECHOED = ("description", "customer", "receipt_email", "capture_method", "confirmation_method")
SESSION_ECHOED = ("success_url", "cancel_url", "customer", "customer_email", "client_reference_id")

Operation = Callable[[], Reply]


@dataclass
class _Execution:
    """The first request with an idempotency key, and its reply once there is one."""

    request: tuple[str, str, bytes]
    request_id: str
    reply: Reply | None = None


class StripeMemory:
    """Creates and returns PaymentIntents and Checkout Sessions; safe for many threads."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, fixtures.Json]] = {}
        self._executions: dict[tuple[str | None, ...], _Execution] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def execute(self, received: Received, operation: Operation) -> Reply:
        """Run `operation` under Stripe's rules for idempotency keys and return its reply.

        The same key and body get the first reply again, 500s included; another body gets 400; a
        key whose first request still runs gets 409.
        """
        request_id = self._id("req_")
        common = {"Request-Id": request_id}
        key = received.idempotency_key
        if key is None or received.method != "POST":
            return _with_headers(operation(), common)
        common["Idempotency-Key"] = key
        headers = received.headers
        scope = (headers.get("authorization"), headers.get("stripe-account"), key)
        mine = _Execution((received.method, received.path, received.body), request_id)
        with self._lock:
            first = self._executions.setdefault(scope, mine)
        if first is not mine:
            return _with_headers(_repeated(first, mine, key), common)
        try:
            reply = operation()
        except BaseException:
            del self._executions[scope]
            raise
        if reply.status in NOT_STORED:
            del self._executions[scope]
        mine.reply = reply
        return _with_headers(reply, common)

    def operate(self, received: Received) -> Reply:
        """Do what the request asks for, without a look at its idempotency key."""
        if not re.match(r"Bearer [sr]k_", received.headers.get("authorization", "")):
            return error_reply(401, "invalid_request_error", "You did not provide an API key.")
        match received.method, received.path.removeprefix("/v1").split("/")[1:]:
            case "POST", ["payment_intents"]:
                return self._create_payment_intent(received)
            case "POST", ["checkout", "sessions"]:
                return self._create_session(received)
            case "GET", ["payment_intents", identity] | ["checkout", "sessions", identity]:
                return self._retrieve(identity)
        message = f"Unrecognized request URL ({received.method}: {received.path})."
        return error_reply(404, "invalid_request_error", message)

    def _create_payment_intent(self, received: Received) -> Reply:
        form = received.form
        for name in ("amount", "currency"):
            if not form.get(name):
                message = f"Missing required param: {name}."
                code = "parameter_missing"
                return error_reply(400, "invalid_request_error", message, code=code, param=name)
        identity = self._id("pi_")
        created = fixtures.payment_intent() | {
            "id": identity,
            "amount": int(form["amount"]),
            "currency": form["currency"].lower(),
            "client_secret": f"{identity}_secret_{self._id('')}",
            "created": int(time.time()),
            "livemode": _livemode(received),
            "metadata": _metadata(form),
        }
        return self._keep(created | {name: form[name] for name in ECHOED if name in form})

    def _create_session(self, received: Received) -> Reply:
        form = received.form
        now = int(time.time())
        livemode = _livemode(received)
        identity = self._id("cs_live_a1" if livemode else "cs_test_a1")
        total = _total(form)
        created = fixtures.checkout_session() | {
            "id": identity,
            "amount_subtotal": total,
            "amount_total": total,
            "created": now,
            "currency": form.get("line_items[0][price_data][currency]", "usd").lower(),
            "expires_at": now + SESSION_LIFETIME_SECONDS,
            "livemode": livemode,
            "metadata": _metadata(form),
            "mode": form.get("mode", "payment"),
            "url": f"https://checkout.stripe.com/c/pay/{identity}",
        }
        return self._keep(created | {name: form[name] for name in SESSION_ECHOED if name in form})

    def _keep(self, created: dict[str, fixtures.Json]) -> Reply:
        self.objects[created["id"]] = created
        return json_reply(200, created)

    def _retrieve(self, identity: str) -> Reply:
        if found := self.objects.get(identity):
            return json_reply(200, found)
        kind = "checkout.session" if identity.startswith("cs_") else "payment_intent"
        message = f"No such {kind}: '{identity}'"
        code = "resource_missing"
        return error_reply(404, "invalid_request_error", message, code=code)

    def _id(self, prefix: str) -> str:
        return f"{prefix}3Q{next(self._numbers):022d}"


def _repeated(first: _Execution, mine: _Execution, key: str) -> Reply:
    if first.request != mine.request:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            "different request."
        )
        return error_reply(400, "idempotency_error", message)
    if first.reply is None:
        message = (
            "There is currently another in-progress request using this Idempotent Key (that "
            "probably means you submitted twice, and the other request is still going through): "
            f"{key}. Please try again later."
        )
        code = "idempotency_key_in_use"
        return error_reply(409, "invalid_request_error", message, code=code)
    replayed = {"Idempotent-Replayed": "true", "Original-Request": first.request_id}
    return _with_headers(first.reply, replayed)


def _with_headers(reply: Reply, headers: dict[str, str]) -> Reply:
    return replace(reply, headers={**reply.headers, **headers})


def _livemode(received: Received) -> bool:
    return "k_live_" in received.headers["authorization"]


def _metadata(form: Form) -> Form:
    names = {name: re.fullmatch(r"metadata\[(.+)]", name) for name in form}
    return {match[1]: form[name] for name, match in names.items() if match}


def _total(form: Form) -> int:
    total = 0
    for number in itertools.count():
        item = f"line_items[{number}]"
        if (amount := form.get(f"{item}[price_data][unit_amount]")) is None:
            return total
        total += int(amount) * int(form.get(f"{item}[quantity]", "1"))
    return total
