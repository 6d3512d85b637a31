"""A Stripe without state: it responds to each request with Stripe's example object.

`answer` is what it responds. `ExampleStripe` is that in process, below the real gateway and the
SDK, for tests that send too many requests for sockets.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from harness.healthy_broker import HealthyBroker
from harness.stripe_objects import example
from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.curl_client import CurlClient, ErrorResponse
from paycli.adapters.stripe.gateway import API_VERSION, StripeAccount
from paycli.adapters.stripe.sdk import stripe
from paycli.tracing import NO_TRACER

# Stripe's JSON.
Json = Any

FOREIGN_PAYMENT = "pi_ofanotheraccount"
"""A payment whose amount another connected account receives."""
FOREIGN_TRANSFER = "tr_ofanotheraccount"
OTHER_ACCOUNT = "acct_other"

_COLLECTIONS = {
    "accounts": "account",
    "account_links": "account_link",
    "balance": "balance",
    "balance_transactions": "balance_transaction",
    "charges": "charge",
    "checkout/sessions": "checkout_session",
    "customer_sessions": "customer_session",
    "customers": "customer",
    "disputes": "dispute",
    "payment_intents": "payment_intent",
    "payment_methods": "payment_method",
    "payouts": "payout",
    "refunds": "refund",
    "setup_intents": "setup_intent",
    "transfers": "transfer",
}
_NESTED = {"payment_methods": "payment_method", "reversals": "transfer_reversal"}


def examples() -> dict[str, Json]:
    """Return Stripe's example of each object by its name, as the requests of paycli expand it."""
    objects: dict[str, Json] = {
        name: example(name) for name in (*_COLLECTIONS.values(), *_NESTED.values())
    }
    charge = {**objects["charge"], "transfer_group": "group_pi_1"}
    intent = {
        **objects["payment_intent"],
        "amount_received": 2000,
        "latest_charge": {**charge, "balance_transaction": objects["balance_transaction"]},
        "status": "succeeded",
        "transfer_data": None,
    }
    session = {**objects["checkout_session"], "payment_intent": intent, "mode": "payment"}
    setup = {**session, "mode": "setup", "payment_intent": None}
    setup["setup_intent"] = objects["setup_intent"]
    shared = {**intent, "transfer_data": {"destination": OTHER_ACCOUNT}}
    return {
        **objects,
        "payment_intent": intent,
        "checkout_session": session,
        "setup_session": setup,
        "foreign_payment_intent": shared,
        "foreign_transfer": {**objects["transfer"], "destination": OTHER_ACCOUNT},
    }


def answer(method: str, path: str) -> tuple[str, bool]:
    """Return the name of the object that Stripe responds with, and whether it is in a list.

    A path that Stripe does not have raises KeyError.
    """
    collection, *rest = path.removeprefix("/v1/").split("/")
    if collection == "checkout":
        collection += "/" + rest.pop(0)
    name = _COLLECTIONS[collection]
    if rest and "setup" in rest[0]:
        name = {"checkout_session": "setup_session"}.get(name, name)
    if rest and rest[0] in (FOREIGN_PAYMENT, FOREIGN_TRANSFER):
        name = f"foreign_{name}"
    if len(rest) > 1 and rest[1] in _NESTED:
        name = _NESTED[rest[1]]
        return name, method == "get" and len(rest) == 2
    searched = rest == ["search"]
    return name, method == "get" and name != "balance" and (not rest or searched)


def deleted(name: str) -> Json:
    """Return Stripe's response to a deletion."""
    return {"id": f"{name}_1", "object": name, "deleted": True}


def listed(object_: Json) -> Json:
    """Return a list that has only this object."""
    return {"object": "list", "data": [object_], "has_more": False}


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request to Stripe: `account` is the connected account that it is for, None our own."""

    method: str
    path: str
    account: str | None
    params: str

    @property
    def fields(self) -> dict[str, str]:
        """The parameters, by their form-encoded names."""
        return dict(parse_qsl(self.params))


class ExampleStripe(HealthyBroker):
    """The gateway to it, and the requests that it has received since `sent` was cleared.

    `refusal` is called for each request; the status and the error object that it returns are the
    response.
    """

    def __init__(
        self, refusal: Callable[[SentRequest], tuple[int, Json] | None] = lambda _: None
    ) -> None:
        self.sent: list[SentRequest] = []
        self._refusal = refusal
        self._bodies = _bodies()
        self._http = _Http(self._respond)
        self._client = stripe.StripeClient(
            "sk_test_ofthetests", stripe_version=API_VERSION, http_client=self._http
        )

    def open(self, account: str | None) -> StripeAccount:
        """Open Stripe."""
        deadline = time.monotonic() + 10
        return StripeAccount(
            StripeCalls(self._client, self._http, lambda *_: None, NO_TRACER, deadline, account)
        )

    def _respond(self, request: SentRequest) -> str:
        self.sent.append(request)
        if refused := self._refusal(request):
            status, error = refused
            # Without it, the gateway would repeat the request after a pause.
            headers = {"stripe-should-retry": "false"}
            raise ErrorResponse(status, headers, json.dumps({"error": error}).encode())
        name, in_list = answer(request.method, request.path)
        return self._bodies["deleted" if request.method == "delete" else name, in_list]


def _bodies() -> dict[tuple[str, bool], str]:
    objects = examples()
    alone = {(name, False): json.dumps(value) for name, value in objects.items()}
    lists = {(name, True): json.dumps(listed(value)) for name, value in objects.items()}
    return {**alone, **lists, ("deleted", False): json.dumps(deleted("customer"))}


class _Http(CurlClient):
    """The SDK's HTTP client, without a network."""

    def __init__(self, respond: Callable[[SentRequest], str]) -> None:
        super().__init__()
        self._respond = respond

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,  # noqa: ANN401  (the SDK's signature)
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Return the response to a request. Raises ErrorResponse."""
        target = urlsplit(url)
        account = (headers or {}).get("Stripe-Account")
        params = post_data if method == "post" else target.query
        sent = SentRequest(method, target.path, account, str(params or ""))
        return self._respond(sent), 200, {}
