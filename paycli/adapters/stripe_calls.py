"""Calls to Stripe that share a deadline: repeated where that is safe, answers read strictly."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from paycli import errors
from paycli.adapters.stripe_errors import translated
from paycli.adapters.stripe_http import CurlClient
from paycli.adapters.stripe_sdk import stripe
from paycli.tracing import Tracer

_MAX_RETRIES = 2
_MAX_PAUSE_SECONDS = 1.0

Told = TypeVar("Told", bound=BaseModel)
Params = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Answer(Generic[Told]):
    """What Stripe told; `replayed` if it is the answer to an earlier try with the same key.

    `date` is Stripe's clock as the answer's header has it, if it has one.
    """

    told: Told
    replayed: bool
    date: str | None = None


class Calls:
    """Calls for one account (None: our own) that end by `deadline`, a time of `time.monotonic()`.

    Each raises StripeError.
    """

    def __init__(
        self,
        client: stripe.StripeClient,
        http: CurlClient,
        called: Callable[[str, float], None],
        tracer: Tracer,
        deadline: float,
        account: str | None,
    ) -> None:
        self._called = called
        self._tracer = tracer
        self._client = client
        self._http = http
        self._deadline = deadline
        self._options = {} if account is None else {"stripe_account": account}

    def get(
        self,
        kind: type[Told],
        path: str,
        params: Params | None = None,
        missing: type[errors.StripeError] = errors.PaymentNotFound,
    ) -> Told:
        """Reads; what is not there raises `missing`."""
        return self.answer(kind, path, params, missing).told

    def answer(
        self,
        kind: type[Told],
        path: str,
        params: Params | None = None,
        missing: type[errors.StripeError] = errors.PaymentNotFound,
    ) -> Answer[Told]:
        """The same, with what stands around it."""
        return self._call(kind, "get", path, {**(params or {}), **self._options}, missing)

    def post(
        self,
        kind: type[Told],
        path: str,
        params: Params,
        key: str,
        missing: type[errors.StripeError] = errors.PaymentNotFound,
    ) -> Answer[Told]:
        """Writes, once for an idempotency key; what is not there raises `missing`."""
        given = {**params, **self._options, "idempotency_key": key}
        return self._call(kind, "post", path, given, missing)

    def _call(
        self,
        kind: type[Told],
        method: str,
        path: str,
        given: Params,
        missing: type[errors.StripeError],
    ) -> Answer[Told]:
        self._http.set_deadline(self._deadline)
        tries = 0
        while True:
            try:
                answer = self._try(method, path, given, missing)
            except errors.StripeError as failure:
                pause = min(_MAX_PAUSE_SECONDS, 0.1 * 2**tries) * random.uniform(0.5, 1)  # noqa: S311  (jitter)
                tries += 1
                too_late = time.monotonic() + pause >= self._deadline
                if too_late or not _worth_another_try(failure, tries):
                    raise
                time.sleep(pause)
            else:
                replayed = answer.headers.get("idempotent-replayed") == "true"
                return Answer(_read(kind, answer), replayed, answer.headers.get("date"))

    def _try(
        self, method: str, path: str, given: Params, missing: type[errors.StripeError]
    ) -> stripe.StripeResponse:
        """One request, told to whoever counts and traces. Raises StripeError."""
        started_at, outcome = time.perf_counter(), "other"
        with self._tracer.span(f"Stripe {method.upper()}", "client") as span:
            span.note(http__request__method=method.upper(), url__path=path)
            try:
                answer: stripe.StripeResponse = self._client.raw_request(method, path, **given)
                outcome = "ok"
            except stripe.StripeError as error:
                failure = translated(error, writing=method == "post", missing=missing)
                outcome = failure.code
                raise failure from error
            finally:
                self._called(outcome, time.perf_counter() - started_at)
        return answer


def _worth_another_try(failure: errors.StripeError, tries: int) -> bool:
    if isinstance(failure, errors.IdempotencyKeyInUse):
        return True
    return isinstance(failure, errors.StripeUnavailable) and tries <= _MAX_RETRIES


def _read(kind: type[Told], answer: stripe.StripeResponse) -> Told:
    try:
        return kind.model_validate(answer.data)
    except ValidationError:
        raise errors.StripeUnavailable(
            "Stripe's answer was not understood; send the request again with the same key"
        ) from None
