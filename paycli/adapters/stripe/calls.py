"""Calls to Stripe that share a deadline: retried where safe, with validated responses."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from paycli import errors
from paycli.adapters.stripe.curl_client import CurlClient
from paycli.adapters.stripe.errors import translated
from paycli.adapters.stripe.sdk import stripe
from paycli.tracing import Tracer

_MAX_RETRIES = 2
_MAX_PAUSE_SECONDS = 1.0

T = TypeVar("T", bound=BaseModel)
Params = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ApiResponse(Generic[T]):
    """Stripe's response; `replayed` if it repeats that of an earlier attempt with the same key.

    `date` is the header field `Date`, None without one.
    """

    data: T
    replayed: bool
    date: str | None = None


class StripeCalls:
    """Calls for one account (None: our own) that end by `deadline`, a `time.monotonic()` value.

    Each raises StripeFailure.
    """

    def __init__(
        self,
        client: stripe.StripeClient,
        http: CurlClient,
        on_call: Callable[[str, float], None],
        tracer: Tracer,
        deadline: float,
        account: str | None,
    ) -> None:
        self._on_call = on_call
        self._tracer = tracer
        self._client = client
        self._http = http
        self._deadline = deadline
        self._options = {} if account is None else {"stripe_account": account}

    def get(
        self,
        kind: type[T],
        path: str,
        params: Params | None = None,
        missing: type[errors.StripeFailure] = errors.PaymentNotFound,
    ) -> T:
        """Sends a GET request; a 404 raises `missing`."""
        return self.get_response(kind, path, params, missing).data

    def get_response(
        self,
        kind: type[T],
        path: str,
        params: Params | None = None,
        missing: type[errors.StripeFailure] = errors.PaymentNotFound,
    ) -> ApiResponse[T]:
        """Like `get`, but returns the whole response."""
        return self._call(kind, "get", path, {**(params or {}), **self._options}, missing)

    def post(
        self,
        kind: type[T],
        path: str,
        params: Params,
        key: str,
        missing: type[errors.StripeFailure] = errors.PaymentNotFound,
    ) -> ApiResponse[T]:
        """Sends a POST request, which counts once per key and account. A 404 raises `missing`.

        https://docs.stripe.com/api/idempotent_requests
        """
        arguments = {**params, **self._options, "idempotency_key": key}
        return self._call(kind, "post", path, arguments, missing)

    def _call(
        self,
        kind: type[T],
        method: str,
        path: str,
        arguments: Params,
        missing: type[errors.StripeFailure],
    ) -> ApiResponse[T]:
        self._http.set_deadline(self._deadline)
        attempts = 0
        while True:
            try:
                response = self._attempt(method, path, arguments, missing)
            except errors.StripeFailure as failure:
                pause = min(_MAX_PAUSE_SECONDS, 0.1 * 2**attempts) * random.uniform(0.5, 1)  # noqa: S311  (jitter)
                attempts += 1
                past_deadline = time.monotonic() + pause >= self._deadline
                if past_deadline or not _is_retryable(failure, attempts):
                    raise
                time.sleep(pause)
            else:
                replayed = response.headers.get("idempotent-replayed") == "true"
                return ApiResponse(
                    _validated(kind, response), replayed, response.headers.get("date")
                )

    def _attempt(
        self, method: str, path: str, arguments: Params, missing: type[errors.StripeFailure]
    ) -> stripe.StripeResponse:
        """One request, counted and traced. Raises StripeFailure."""
        started_at, outcome = time.perf_counter(), "other"
        with self._tracer.span(f"Stripe {method.upper()}", "client") as span:
            span.set_attributes(http__request__method=method.upper(), url__path=path)
            try:
                response: stripe.StripeResponse = self._client.raw_request(
                    method, path, **arguments
                )
                outcome = "ok"
            except stripe.StripeError as error:
                failure = translated(error, writing=method == "post", missing=missing)
                outcome = failure.code
                raise failure from error
            finally:
                self._on_call(outcome, time.perf_counter() - started_at)
        return response


def _is_retryable(failure: errors.StripeFailure, attempts: int) -> bool:
    if isinstance(failure, errors.IdempotencyKeyInUse):
        return True
    return isinstance(failure, errors.StripeUnavailable) and attempts <= _MAX_RETRIES


def _validated(kind: type[T], response: stripe.StripeResponse) -> T:
    try:
        return kind.model_validate(response.data)
    except ValidationError:
        raise errors.StripeUnavailable(
            "Stripe's response could not be read; send the request again with the same key"
        ) from None
