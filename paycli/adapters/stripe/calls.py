"""Calls to Stripe that share a deadline: retried where safe, with validated responses."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from paycli import errors
from paycli.adapters.stripe.curl_client import CurlClient
from paycli.adapters.stripe.errors import translated, unreadable
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
                return self._attempt(kind, method, path, arguments, missing)
            except errors.StripeFailure as failure:
                pause = _pause_seconds(failure, attempts)
                attempts += 1
                past_deadline = time.monotonic() + pause >= self._deadline
                if past_deadline or not _is_retryable(failure, attempts):
                    raise
                time.sleep(pause)

    def _attempt(
        self,
        kind: type[T],
        method: str,
        path: str,
        arguments: Params,
        missing: type[errors.StripeFailure],
    ) -> ApiResponse[T]:
        """One request, counted and traced. Raises StripeFailure."""
        started_at, outcome = time.perf_counter(), "other"
        with self._tracer.span(f"Stripe {method.upper()}", "client") as span:
            span.set_attributes(http__request__method=method.upper(), url__path=path)
            writing = method == "post"
            try:
                response = self._client.raw_request(method, path, **arguments)
                result = _api_response(kind, response, writing=writing)
                outcome = "ok"
            except stripe.StripeError as error:
                failure = translated(error, writing=writing, missing=missing)
                outcome = failure.code
                raise failure from error
            except errors.StripeFailure as failure:
                outcome = failure.code
                raise
            finally:
                self._on_call(outcome, time.perf_counter() - started_at)
        return result


def _is_retryable(failure: errors.StripeFailure, attempts: int) -> bool:
    """Whether to repeat the request now: as Stripe says, else by the kind of failure."""
    if failure.should_retry is not None:
        return failure.should_retry
    if isinstance(failure, errors.IdempotencyKeyInUse):
        return True
    return isinstance(failure, errors.StripeUnavailable) and attempts <= _MAX_RETRIES


def _pause_seconds(failure: errors.StripeFailure, attempts: int) -> float:
    backoff = min(_MAX_PAUSE_SECONDS, 0.1 * 2.0 ** min(attempts, 10))
    jittered = backoff * random.uniform(0.5, 1)  # noqa: S311  (not for security)
    return max(jittered, failure.retry_after_seconds or 0)


def _api_response(
    kind: type[T], response: stripe.StripeResponse, *, writing: bool
) -> ApiResponse[T]:
    """Returns the response with its data as a model. Raises StripeFailure."""
    replayed = response.headers.get("idempotent-replayed") == "true"
    try:
        data = kind.model_validate(response.data)
    except ValidationError as error:
        raise unreadable(response.headers, writing=writing) from error
    return ApiResponse(data, replayed, response.headers.get("date"))
