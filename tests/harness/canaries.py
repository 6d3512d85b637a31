"""Recognisable values in place of secrets, card data and personal data, and the search for them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .daemon import Daemon
from .kafka_broker import KafkaBroker
from .kafka_records import read_records
from .local_server import LocalServer, ReceivedRequest
from .stripe_examples import answer, deleted, examples, listed

# Stripe's JSON, and ours.
Json = Any

MARK = "cAnArY"
"""The substring of all texts that are searched for."""
NUMBER = 8_675_309_421
"""In place of numbers, such as the month in which a card expires."""
_TEXTS = frozenset(
    {
        *("client_secret", "secret", "number", "last4", "dynamic_last4", "fingerprint", "iin"),
        *("cvc", "cvc_check", "iban_last4", "network_transaction_id", "authorization_code"),
        *("account_number", "routing_number", "account_holder_name", "bank_name", "iban"),
        *("bank_code", "branch_code", "sort_code", "mandate", "tax_id", "url", "receipt_url"),
        *("name", "email", "phone", "line1", "line2", "city", "postal_code", "description"),
        *("receipt_email", "customer_email", "customer_purchase_ip", "ip", "ip_address"),
        *("statement_descriptor", "seller_message", "tracking_number", "carrier"),
    }
)
_NUMBERS = frozenset({"exp_month", "exp_year"})
_ADDRESS = {"line1": "", "line2": "", "city": "", "postal_code": ""}
_PERSON = {"name": "", "email": "", "phone": "", "address": _ADDRESS}
_CARD = {
    "number": "",
    "last4": "",
    "fingerprint": "",
    "cvc_check": "",
    "exp_month": 1,
    "wallet": {"dynamic_last4": "", "type": "apple_pay"},
}
_BANK = {
    "account_number": "",
    "routing_number": "",
    "account_holder_name": "",
    "bank_name": "",
    "last4": "",
    "fingerprint": "",
    "iban_last4": "",
}
_EVERYWHERE = {
    "client_secret": "",
    "receipt_email": "",
    "statement_descriptor": "",
    "shipping": _PERSON,
    "owner": _PERSON,
    "bank_account": _BANK,
    "sepa_debit": _BANK,
    "payment_method_data": {"card": _CARD, "billing_details": _PERSON, "sepa_debit": _BANK},
    "source_owner": {"card": _CARD, "owner": _PERSON},
    "last_error": {"code": "x", "payment_method": {"card": _CARD, "billing_details": _PERSON}},
    "external_accounts": {"object": "list", "data": [_BANK]},
    "individual": {**_PERSON, "id_number": f"{MARK}Id"},
}
"""Fields with canaries that each object gets in addition, whether or not Stripe's has them."""


def filled(object_: Mapping[str, Json]) -> dict[str, Json]:
    """Return Stripe's object with a canary in every secret, card and personal field."""
    more = {name: value for name, value in _EVERYWHERE.items() if name not in object_}
    return {name: _filled(name, value) for name, value in {**object_, **more}.items()}


def _filled(name: str, value: Json) -> Json:
    match value:
        case dict() if name == "evidence":
            return {
                each: f"{MARK} {each}" if text is None else text for each, text in value.items()
            }
        case dict():
            return {each: _filled(each, inner) for each, inner in value.items()}
        case list():
            return [_filled(name, inner) for inner in value]
        case str() | None if name in _TEXTS:
            return f"https://{MARK}.test/{name}" if name.endswith("url") else f"{MARK}{name}"
        case int() | None if name in _NUMBERS:
            return NUMBER
        case _:
            return value


def filled_body(fields: Mapping[str, Json], personal: Iterable[str]) -> dict[str, Json]:
    """Return a request's body with canaries in those of its fields that are `personal`."""
    values: dict[str, Json] = {
        "name": f"{MARK} nAmE",
        "email": f"{MARK}@eMaIl.test",
        "receipt_email": f"{MARK}@eMaIl.test",
        "phone": f"+49{MARK}"[:20],
        "description": f"{MARK} description",
        "evidence": {"customer_name": f"{MARK} nAmE", "uncategorized_text": f"{MARK} text"},
    }
    return {**fields, **{name: values[name] for name in personal if name in values}}


class CanaryStripe(LocalServer):
    """A Stripe whose objects are full of canaries. `failure` is its response instead, if any."""

    def __init__(self) -> None:
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}"
        self.failure: tuple[int, bytes] | None = None
        self.bodies: list[bytes] = []
        self._objects = {name: filled(value) for name, value in examples().items()}

    def respond(self, request: ReceivedRequest) -> tuple[int, bytes]:
        """Return the object that the request is about."""
        self.bodies.append(request.body)
        if self.failure is not None:
            return self.failure
        method = request.method.lower()
        name, in_list = answer(method, urlsplit(request.path).path)
        object_ = deleted(name) if method == "delete" else self._objects[name]
        return 200, json.dumps(listed(object_) if in_list else object_).encode()


def without(content: Json, documented: Iterable[str]) -> Json:
    """Return JSON without the documented fields, such as `data[].card.last4`."""
    for path in documented:
        name, _, rest = path.partition(".")
        if name.endswith("[]"):
            name = name.removesuffix("[]")
            items = [without(each, [rest]) for each in content.get(name, ())]
            content = {**content, name: items}
        elif rest and isinstance(content.get(name), dict):
            content = {**content, name: without(content[name], [rest])}
        elif not rest:
            content = {each: value for each, value in content.items() if each != name}
    return content


def is_leak(text: str) -> bool:
    """Whether a text has a canary."""
    return MARK in text or str(NUMBER) in text


def outputs(daemon: Daemon, kafka: KafkaBroker, topic: str) -> dict[str, Sequence[str]]:
    """Stop the daemon; return the lines of each of its outputs, other than its responses."""
    metrics = daemon.request("GET", "/metrics").body.decode()
    arguments = Path(f"/proc/{daemon.pid}/cmdline").read_text()
    children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text()
    assert children == ""
    topics = (topic, f"{topic}.unreadable")
    records = [repr(it) for name in topics for it in read_records(kafka.bootstrap_servers, name)]
    assert daemon.stop() == 0
    output = daemon.stderr_text() + daemon.stdout_text()
    return {
        "metrics": metrics.splitlines(),
        "arguments": [arguments],
        "records": records,
        "log": output.splitlines(),
    }


def leaks(found: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the first lines with a canary, by the output."""
    by_output = {name: [line for line in lines if is_leak(line)] for name, lines in found.items()}
    return {name: lines[:3] for name, lines in by_output.items() if lines}
