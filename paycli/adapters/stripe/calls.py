"""Calls to Stripe that share a deadline: retried where safe, with validated responses."""

import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from paycli import errors
from paycli.adapters.stripe.curl_client import CurlClient
from paycli.adapters.stripe.errors import translated, unreadable
from paycli.adapters.stripe.sdk import raw_request, stripe
from paycli.tracing import Tracer

_MAX_RETRIES = 2
_LOST = (errors.StripeUnavailable, errors.StripeTimeout)
"""Failures after which Stripe may have done what the request says."""
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


@dataclass(frozen=True, slots=True)
class _Request(Generic[T]):
    """A request to Stripe; `has_key`: it counts once, under an idempotency key of the caller's."""

    kind: type[T]
    method: str
    path: str
    params: Params = field(repr=False)
    options: stripe.RequestOptions
    missing: type[errors.StripeFailure]
    has_key: bool = False


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
        self._options: stripe.RequestOptions = {"stripe_account": account}

    def get(
        self,
        kind: type[T],
        path: str,
        params: Params | None = None,
        *,
        missing: type[errors.StripeFailure] = errors.RequestRefused,
    ) -> T:
        """Sends a GET request.

        `missing` is raised if the object that the request is about does not exist; the default fits
        lists, where only a filter can name one.
        """
        return self.get_response(kind, path, params, missing=missing).data

    def get_response(
        self,
        kind: type[T],
        path: str,
        params: Params | None = None,
        *,
        missing: type[errors.StripeFailure] = errors.RequestRefused,
    ) -> ApiResponse[T]:
        """Like `get`, but returns the whole response."""
        return self._send(_Request(kind, "get", path, params or {}, self._options, missing))

    def post(
        self,
        kind: type[T],
        path: str,
        params: Params,
        key: str,
        *,
        missing: type[errors.StripeFailure] = errors.RequestRefused,
    ) -> ApiResponse[T]:
        """Sends a POST request, which counts once per key and account.

        `missing` is raised if the object that the request is about does not exist; the default fits
        creation. https://docs.stripe.com/api/idempotent_requests
        """
        options: stripe.RequestOptions = {**self._options, "idempotency_key": key}
        return self._send(_Request(kind, "post", path, params, options, missing, has_key=True))

    def post_repeatable(
        self,
        kind: type[T],
        path: str,
        params: Params | None = None,
        *,
        missing: type[errors.StripeFailure],
    ) -> T:
        """Sends a POST request whose repetition changes nothing more, so that callers have no key.

        Its own attempts share one key: after a lost response, the next attempt gets it.
        """
        options: stripe.RequestOptions = {**self._options, "idempotency_key": str(uuid.uuid4())}
        return self._send(_Request(kind, "post", path, params or {}, options, missing)).data

    def delete(self, kind: type[T], path: str, *, missing: type[errors.StripeFailure]) -> None:
        """Sends a DELETE request. Raises `missing` if the object did not exist before it."""
        retries: list[errors.StripeFailure] = []
        try:
            self._send(_Request(kind, "delete", path, {}, self._options, missing), retries.append)
        except missing:
            # An earlier attempt whose response was lost may have deleted it.
            if not any(isinstance(each, _LOST) for each in retries):
                raise

    def _send(
        self,
        request: "_Request[T]",
        on_retry: Callable[[errors.StripeFailure], None] = lambda _failure: None,
    ) -> ApiResponse[T]:
        self._http.set_deadline(self._deadline)
        attempts = 0
        while True:
            try:
                return self._attempt(request)
            except errors.StripeFailure as failure:
                pause = _pause_seconds(failure, attempts)
                attempts += 1
                past_deadline = time.monotonic() + pause >= self._deadline
                if past_deadline or not _is_retryable(failure, attempts):
                    raise
                time.sleep(pause)
                on_retry(failure)

    def _attempt(self, request: "_Request[T]") -> ApiResponse[T]:
        """One request, counted and traced. Raises StripeFailure."""
        started_at, outcome = time.perf_counter(), "other"
        method, path = request.method, request.path
        with self._tracer.span(f"Stripe {method.upper()}", "client") as span:
            span.set_attributes(http__request__method=method.upper(), url__path=path)
            try:
                response = raw_request(self._client, method, path, request.params, request.options)
                result = _api_response(request.kind, response, writing=request.has_key)
                outcome = "ok"
            except stripe.StripeError as error:
                failure = translated(
                    error,
                    writing=request.has_key,
                    missing=request.missing,
                    params=request.params,
                )
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
