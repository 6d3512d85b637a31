"""Idempotency keys: https://docs.stripe.com/api/idempotent_requests."""

from dataclasses import dataclass, replace
from itertools import islice

from paycli.sandbox.standin.api.errors import StripeErrorResponse
from paycli.sandbox.standin.http.messages import HttpResponse
from paycli.sandbox.standin.store.objects import Scope

LIFETIME_SECONDS = 86_400
MAX_KEY_LENGTH = 255
REMEMBERED_KEYS = 20_000
EVICTION_BATCH = 1000


@dataclass(slots=True)
class KeyedRequest:
    """The first request with a key, and its response once there is one; `at` in Unix seconds."""

    scoped_key: tuple[Scope, str]
    request: tuple[str, bytes]
    request_id: str
    at: int
    response: HttpResponse | None = None


class IdempotencyKeys:
    """The keys of all accounts and modes, each with keys of its own."""

    def __init__(self) -> None:
        self._requests: dict[tuple[Scope, str], KeyedRequest] = {}

    def begin(
        self, scope: Scope, key: str, request: tuple[str, bytes], request_id: str, now: int
    ) -> KeyedRequest | HttpResponse:
        """Starts the first request with a key, or returns the stored response.

        `request` is path and body. Each KeyedRequest must be passed to `complete` or `discard`.

        Raises:
            StripeErrorResponse: the key belongs to another request (400), or to one that is still
                in progress (409).
        """
        if not 0 < len(key) <= MAX_KEY_LENGTH:
            message = f"Idempotency-Key must have 1 to {MAX_KEY_LENGTH} characters."
            raise StripeErrorResponse(message)
        scoped_key = (scope, key)
        first = self._requests.get(scoped_key)
        if first is None or (first.response and now - first.at >= LIFETIME_SECONDS):
            started = self._requests[scoped_key] = KeyedRequest(
                scoped_key, request, request_id, now
            )
            return started
        if first.request != request:
            raise StripeErrorResponse(
                "Keys for idempotent requests can only be used with the same endpoint and "
                f"parameters as the first time: use another key than '{key}'.",
                error_type="idempotency_error",
            )
        if first.response is None:
            raise StripeErrorResponse(
                f"Another request with the Idempotency-Key '{key}' is still in progress.",
                status=409,
                code="idempotency_key_in_use",
            )
        replayed = {"Idempotent-Replayed": "true", "Original-Request": first.request_id}
        return replace(first.response, headers={**first.response.headers, **replayed})

    def complete(self, request: KeyedRequest, response: HttpResponse) -> None:
        """Stores the response for later requests with the same key."""
        request.response = response
        if len(self._requests) > REMEMBERED_KEYS + EVICTION_BATCH:
            done = (key for key, stored in self._requests.items() if stored.response)
            for key in list(islice(done, EVICTION_BATCH)):
                del self._requests[key]

    def discard(self, request: KeyedRequest) -> None:
        """Releases the key: the request was not processed."""
        del self._requests[request.scoped_key]
