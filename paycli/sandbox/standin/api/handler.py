"""From a request to its response: fault, rate limit, key, idempotency, operation."""

import asyncio
from collections import deque
from collections.abc import Awaitable
from dataclasses import replace
from email.utils import formatdate

from paycli.sandbox.standin import faults
from paycli.sandbox.standin.api import form_encoding, params
from paycli.sandbox.standin.api.authentication import authenticate
from paycli.sandbox.standin.api.call import ApiCall, ListPage, Routes
from paycli.sandbox.standin.api.errors import StripeErrorResponse
from paycli.sandbox.standin.api.expansion import expand
from paycli.sandbox.standin.api.idempotency import IdempotencyKeys, KeyedRequest
from paycli.sandbox.standin.api.router import Router
from paycli.sandbox.standin.faults import Fault, FaultQueue
from paycli.sandbox.standin.http.messages import (
    HttpRequest,
    HttpResponse,
    json_response,
    to_json,
)
from paycli.sandbox.standin.http.same_origin import media_type
from paycli.sandbox.standin.store.objects import ObjectState, RequestOrigin
from paycli.sandbox.standin.store.rendering import render
from paycli.sandbox.standin.store.store import Store

_FORM = "application/x-www-form-urlencoded"


class ApiHandler:
    """Handles requests to Stripe's API, in the event loop's thread.

    Args: the store, the faults, the routes; the maximum number of requests a second (None: no
    limit); the number of requests kept in `received`.
    """

    def __init__(
        self,
        store: Store,
        fault_queue: FaultQueue,
        routes: Routes,
        *,
        requests_per_second: int | None = None,
        remembered_requests: int = 1000,
    ) -> None:
        self.store = store
        self.faults = fault_queue
        self.received: deque[HttpRequest] = deque(maxlen=remembered_requests)
        self.keys = IdempotencyKeys()
        self.router = Router(routes)
        self._released = asyncio.Event()
        self._limit = requests_per_second
        self._second = (0, 0)

    def handle(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """The response; an awaitable only if a fault applies."""
        self.received.append(request)
        fault = self.faults.next_for(request)
        if fault is not None:
            return self._handle_with_fault(request, fault)
        if self._limit is not None and self._over_limit(self._limit):
            return json_response(429, faults.RATE_LIMITED, faults.RATE_LIMITED_HEADERS)
        api_request = _ApiRequest(self, request)
        started = api_request.begin()
        return started if isinstance(started, HttpResponse) else api_request.finish(started)

    async def _handle_with_fault(self, request: HttpRequest, fault: Fault) -> HttpResponse:
        if fault.delays_start:
            await self._delay(fault.seconds)
        instead = fault.response()
        if instead is not None and not fault.stores_response:
            return instead
        api_request = _ApiRequest(self, request)
        started = api_request.begin()
        if isinstance(started, HttpResponse):
            return replace(started, mode=fault.send_mode)
        if fault.delays_processing:
            try:
                await self._delay(fault.seconds)
            except asyncio.CancelledError:
                # The client has disconnected: the request is completed and its response stored.
                api_request.finish(started, instead)
                raise
        return replace(api_request.finish(started, instead), mode=fault.send_mode)

    def release(self) -> None:
        """Ends all current delays; later requests are delayed again."""
        self._released.set()
        self._released = asyncio.Event()

    async def _delay(self, seconds: float | None) -> None:
        try:
            await asyncio.wait_for(self._released.wait(), seconds)
        except TimeoutError:
            return

    def _over_limit(self, limit: int) -> bool:
        now = self.store.now()
        second, count = self._second
        self._second = (now, count + 1 if now == second else 1)
        return self._second[1] > limit


class _ApiRequest:
    """One request: `begin` authenticates it and checks its idempotency key, `finish` runs it."""

    def __init__(self, api: ApiHandler, request: HttpRequest) -> None:
        self._api = api
        self._request = request
        self._request_id = api.store.new_id("req_")[:18]
        self._headers = {"Request-Id": self._request_id}

    def begin(self) -> HttpResponse | KeyedRequest | None:
        """An error or stored response; else the keyed request to finish, None without a key."""
        request = self._request
        try:
            self._scope, self._publishable = authenticate(request)
            key = request.idempotency_key
            if key is None or request.method != "POST":
                return None
            self._headers["Idempotency-Key"] = key
            started = self._api.keys.begin(
                self._scope,
                key,
                (request.path, request.body),
                self._request_id,
                self._api.store.now(),
            )
        except StripeErrorResponse as error:
            return self._error_response(error)
        return self._with_headers(started) if isinstance(started, HttpResponse) else started

    def finish(
        self, keyed: KeyedRequest | None, instead: HttpResponse | None = None
    ) -> HttpResponse:
        """Runs the operation, or uses `instead` as the response, and stores the response."""
        stored = True
        try:
            response = instead or json_response(200, self._run())
        except StripeErrorResponse as error:
            stored = error.stored
            response = self._error_response(error)
        except BaseException:
            if keyed:
                self._api.keys.discard(keyed)
            raise
        if keyed and stored:
            self._api.keys.complete(keyed, response)
        elif keyed:
            self._api.keys.discard(keyed)
        return self._with_headers(response)

    def _run(self) -> bytes:
        request, api = self._request, self._api
        route, ids = api.router.find(request.method, request.path)
        if request.method == "POST" and media_type(request) not in ("", _FORM):
            raise StripeErrorResponse(
                f"Invalid request (check that your POST content type is {_FORM})."
            )
        if self._publishable and not route.publishable:
            raise StripeErrorResponse(
                "This call needs a secret key, not a publishable one.",
                status=401,
                code="secret_key_required",
            )
        decoded = form_encoding.decode(request.parameters)
        parsed = params.parse(decoded, route.schema, route.required)
        origin = RequestOrigin(self._request_id, request.idempotency_key)
        call = ApiCall(api.store, self._scope, origin, parsed, ids, self._publishable)
        return _render_result(call, route.run(call))

    def _error_response(self, error: StripeErrorResponse) -> HttpResponse:
        body = error.body(self._request_id, self._api.store.now())
        return self._with_headers(json_response(error.status, body))

    def _with_headers(self, response: HttpResponse) -> HttpResponse:
        version = self._request.headers.get("stripe-version", self._api.store.api_version)
        date = formatdate(self._api.store.now(), usegmt=True)
        headers = {**self._headers, "Date": date, "Stripe-Version": version}
        if account := self._request.headers.get("stripe-account"):
            headers["Stripe-Account"] = account
        return replace(response, headers={**response.headers, **headers})


def _render_result(call: ApiCall, result: ObjectState | ListPage) -> bytes:
    paths = [str(path) for path in call.params.items("expand") or ()]
    if isinstance(result, ObjectState):
        return to_json(expand(call.store, result, paths)) if paths else render(result)
    inner = [path.removeprefix("data.") for path in paths]
    items = (
        to_json(expand(call.store, item, inner)) if inner else render(item) for item in result.items
    )
    rest = {"has_more": result.has_more, "url": result.url, **result.extra}
    return b'{"object":"%b","data":[%b],%b' % (
        result.kind.encode(),
        b",".join(items),
        to_json(rest)[1:],
    )
