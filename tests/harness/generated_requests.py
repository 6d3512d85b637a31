"""Requests of every operation, generated from the table of operations, valid and changed ones."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from pydantic_core import from_json

from harness.mutation import mutate
from server.openapi.operations import OPERATIONS, Operation
from server.openapi.operations.operation import Json

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "X")
ABSURD_VALUES: tuple[object, ...] = (
    *(None, True, 0, -1, 1.5, 10**400, 2**63, "", "\ud800", "x" * 5_000, "é", "a\nb", "\0"),
    *([], [None], {}, {"a": {"a": {}}}, "1e999", "self", "acct_1/../acct_2", "%00"),
)
EXAMPLES: Mapping[str, Sequence[Json]] = {
    each.id: list(each.request_examples.values()) or [{}] for each in OPERATIONS
}
FIELDS = sorted({name for each in OPERATIONS if each.body for name in each.body.model_fields})
VALUES: Sequence[object] = (
    *ABSURD_VALUES,
    *(value for bodies in EXAMPLES.values() for body in bodies for value in body.values()),
)
PARAMETERS = sorted({name for each in OPERATIONS for name in each.query.model_fields})
HEADERS = ("Idempotency-Key", "X-Request-Id", "Traceparent", "Accept", "Cookie", "Content-Type")


def concrete_ids(operation: Operation, ids: Mapping[str, str]) -> dict[str, str]:
    """Return the operation's path parameters: those of `ids`, else their examples."""
    return {
        name: ids.get(name, str(parameter["example"]))
        for name, parameter in operation.path_parameters.items()
    }


@dataclass(frozen=True, slots=True)
class GeneratedRequest:
    """A request that was generated for an operation; `path` and `query` are percent-encoded."""

    operation: Operation
    method: str
    path: str
    query: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True)
class RequestGenerator:
    """Generates requests; the same seed of `rng` gives the same ones.

    `ids` are values of path parameters, `accounts` those that a request may name, and `webhook`
    returns the body and the headers of a webhook.
    """

    rng: random.Random
    webhook: Callable[[], tuple[bytes, Mapping[str, str]]]
    ids: Mapping[str, str] = field(default_factory=dict)
    accounts: Sequence[str] = ()

    def valid(self, operation: Operation) -> GeneratedRequest:
        """Return a request that the operation accepts, if Stripe does."""
        ids = concrete_ids(operation, self.ids)
        account = self.rng.choice(self.accounts) if self._one_in(3) and self.accounts else None
        if account and "account_id" in ids:
            ids["account_id"], account = account, None
        path = operation.path.format(**ids)
        method = operation.method.upper()
        if operation.signed:
            body, headers = self.webhook()
            return GeneratedRequest(operation, method, path, "", body, headers)
        headers = {"Idempotency-Key": f"k{self.rng.getrandbits(64):x}"}
        if operation.body is None:
            return GeneratedRequest(operation, method, path, self._query(operation, account))
        fields = dict(self.rng.choice(EXAMPLES[operation.id]))
        if account and "account" in operation.body.model_fields:
            fields["account"] = account
        headers["Content-Type"] = "application/json"
        return GeneratedRequest(operation, method, path, "", json.dumps(fields).encode(), headers)

    def changed(self, request: GeneratedRequest) -> GeneratedRequest:
        """Return the request with one to three parts changed."""
        for _ in range(self.rng.choice((1, 1, 1, 2, 3))):
            # A body that is not read changes nothing.
            match self.rng.randrange(10 if request.body else 4):
                case 0:
                    request = replace(request, method=self.rng.choice(METHODS))
                case 1:
                    request = replace(request, path="/" + self._mutated(request.path).lstrip("/"))
                case 2:
                    request = replace(request, query=self._changed_query(request.query))
                case 3:
                    request = replace(request, headers=self._changed_headers(request.headers))
                case 4 | 5:
                    others = [json.dumps(self.rng.choice(list(EXAMPLES.values()))).encode()]
                    request = replace(request, body=mutate(self.rng, request.body, others))
                case _:
                    request = replace(request, body=self._changed_json(request.body))
        return request

    def _query(self, operation: Operation, account: str | None) -> str:
        parameters = {
            name: str(info.examples[0])
            for name, info in operation.query.model_fields.items()
            if info.examples and name not in ("account", "cursor") and self._one_in(4)
        }
        if account and "account" in operation.query.model_fields:
            parameters["account"] = account
        return urlencode(parameters)

    def _changed_query(self, query: str) -> str:
        match self.rng.randrange(3):
            case 0:
                return self._mutated(query)
            case 1:
                name = self.rng.choice(PARAMETERS)
                value = str(self.rng.choice(VALUES)).encode("utf-8", "replace")[:200]
            case _:
                name, value = "account", self.rng.choice(self.accounts or ("acct_1",)).encode()
        return f"{query}&{name}={quote(value)}".lstrip("&")

    def _changed_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        name = self.rng.choice(HEADERS)
        values = ("", "k" * 201, "é", "text/plain", "00-a-b-01", self._mutated("00-a-b-01"))
        return {**headers, name: self.rng.choice(values)}

    def _changed_json(self, body: bytes) -> bytes:
        """Return the body with a field removed, replaced or added; other bytes mutated."""
        try:
            fields = from_json(body or b"{}")
        except ValueError:
            return mutate(self.rng, body)
        if not isinstance(fields, dict):
            return mutate(self.rng, body)
        match self.rng.randrange(4):
            case 0 if fields:
                del fields[self.rng.choice(list(fields))]
            case 1 if fields:
                fields[self.rng.choice(list(fields))] = self.rng.choice(VALUES)
            case 2 if self.accounts:
                name = self.rng.choice(("account", "destination", "on_behalf_of"))
                fields[name] = self.rng.choice(self.accounts)
            case _:
                fields[self.rng.choice(FIELDS)] = self.rng.choice(VALUES)
        return json.dumps(fields).encode()

    def _mutated(self, text: str) -> str:
        return mutate(self.rng, text.encode("latin-1", "replace")).decode("latin-1")

    def _one_in(self, count: int) -> bool:
        return self.rng.random() * count < 1
