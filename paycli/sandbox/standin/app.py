"""From a request to its reply: who asks, what goes wrong, is it a repetition, what is done."""

import asyncio
import base64
import binascii
import re
from collections import deque
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from email.utils import formatdate

from paycli.sandbox.standin import faults, forms, params, routes
from paycli.sandbox.standin.call import Call, Page, Route
from paycli.sandbox.standin.expanding import expanded
from paycli.sandbox.standin.faults import Fault, Faults
from paycli.sandbox.standin.idempotency import Keys, Work
from paycli.sandbox.standin.messages import Reply, Request, json_reply, to_json
from paycli.sandbox.standin.params import Params
from paycli.sandbox.standin.refusals import Refusal
from paycli.sandbox.standin.rendering import rendered
from paycli.sandbox.standin.resources.payment_objects import (
    JsonObjectState,
    ObjectState,
    Origin,
    Scope,
)
from paycli.sandbox.standin.world import OWN_ACCOUNT, World

_KEY = re.compile(r"(?P<kind>[srp]k)_(?P<mode>test|live)_.+")
_ACCOUNT = re.compile(r"acct_\w+")


class Api:
    """Stripe's API. It belongs to the event loop's thread.

    In: the world, what goes wrong, the webhook endpoints as JSON objects; the most requests a
    second (None: no limit); how many requests `received` remembers.
    """

    def __init__(
        self,
        world: World,
        faults_: Faults,
        endpoints: Sequence[JsonObjectState] = (),
        *,
        requests_per_second: int | None = None,
        remembered_requests: int = 1000,
    ) -> None:
        self.world = world
        self.faults = faults_
        self.received: deque[Request] = deque(maxlen=remembered_requests)
        self.released = asyncio.Event()
        self.keys = Keys()
        self._limit = requests_per_second
        self._second = (0, 0)
        self._routes = routes.table(endpoints)

    def handle(self, request: Request) -> Reply | Awaitable[Reply]:
        """The reply, at once unless a fault makes it wait."""
        self.received.append(request)
        fault = self.faults.next_for(request)
        if fault is not None:
            return self._with_fault(request, fault)
        if self._limit is not None and self._over_limit(self._limit):
            return json_reply(429, faults.RATE_LIMITED, faults.RATE_LIMITED_HEADERS)
        asked = _Asked(self, request)
        begun = asked.begin()
        return begun if isinstance(begun, Reply) else asked.finish(begun)

    async def _with_fault(self, request: Request, fault: Fault) -> Reply:
        if fault.waits:
            await self._pause(fault.seconds)
        instead = fault.reply()
        if instead is not None and not fault.kept:
            return instead
        asked = _Asked(self, request)
        begun = asked.begin()
        if isinstance(begun, Reply):
            return replace(begun, manner=fault.manner)
        if fault.works:
            try:
                await self._pause(fault.seconds)
            except asyncio.CancelledError:
                # Whoever asked has gone; what has begun is done all the same, and its key kept.
                asked.finish(begun, instead)
                raise
        return replace(asked.finish(begun, instead), manner=fault.manner)

    def release(self) -> None:
        """Lets everything go on that waits; what waits afterwards waits again."""
        self.released.set()
        self.released = asyncio.Event()

    async def _pause(self, seconds: float | None) -> None:
        try:
            await asyncio.wait_for(self.released.wait(), seconds)
        except TimeoutError:
            return

    def route(self, request: Request) -> tuple[Route, str]:
        """What does the request, and the id in its path.

        Raises:
            Refusal: nothing does.
        """
        method, path = request.method, request.path.rstrip("/")
        if route := self._routes.get((method, path)):
            return route, ""
        head, _, last = path.rpartition("/")
        if route := self._routes.get((method, f"{head}/{{id}}")):
            return route, last
        head, _, identity = head.rpartition("/")
        if route := self._routes.get((method, f"{head}/{{id}}/{last}")):
            return route, identity
        raise Refusal(f"Unrecognized request URL ({method}: {request.path}).", status=404)

    def _over_limit(self, limit: int) -> bool:
        now = self.world.now()
        second, count = self._second
        self._second = (now, count + 1 if now == second else 1)
        return self._second[1] > limit


class _Asked:
    """One request between its parts: `begin` looks at its key, `finish` does it."""

    def __init__(self, api: Api, request: Request) -> None:
        self._api = api
        self._request = request
        self._request_id = api.world.id("req_")[:18]
        self._headers = {"Request-Id": self._request_id}

    def begin(self) -> Reply | Work | None:
        """The reply of a repetition or a refusal; else the key's work, None without a key."""
        request = self._request
        try:
            self._scope, self._publishable = _who(request)
            key = request.idempotency_key
            if key is None or request.method != "POST":
                return None
            self._headers["Idempotency-Key"] = key
            begun = self._api.keys.begin(
                self._scope,
                key,
                (request.path, request.body),
                self._request_id,
                self._api.world.now(),
            )
        except Refusal as refusal:
            return self._refused(refusal)
        return self._with_headers(begun) if isinstance(begun, Reply) else begun

    def finish(self, work: Work | None, instead: Reply | None = None) -> Reply:
        """Does it, or takes the reply given instead, and keeps it under the key."""
        stored = True
        try:
            reply = instead or json_reply(200, self._operate())
        except Refusal as refusal:
            stored = refusal.stored
            reply = self._refused(refusal)
        except BaseException:
            if work:
                self._api.keys.forget(work)
            raise
        if work and stored:
            self._api.keys.end(work, reply)
        elif work:
            self._api.keys.forget(work)
        return self._with_headers(reply)

    def _operate(self) -> bytes:
        request, api = self._request, self._api
        route, identity = api.route(request)
        if self._publishable and not route.publishable:
            raise Refusal(
                "This call needs a secret key, not a publishable one.",
                status=401,
                code="secret_key_required",
            )
        asked = params.parse(forms.decode(request.parameters), route.schema, route.required)
        origin = Origin(self._request_id, request.idempotency_key)
        call = Call(api.world, self._scope, origin, asked, identity, self._publishable)
        return _rendered(call, route.run(call), asked)

    def _refused(self, refusal: Refusal) -> Reply:
        body = refusal.body(self._request_id, self._api.world.now())
        return self._with_headers(json_reply(refusal.status, body))

    def _with_headers(self, reply: Reply) -> Reply:
        version = self._request.headers.get("stripe-version", self._api.world.api_version)
        date = formatdate(self._api.world.now(), usegmt=True)
        more = {**self._headers, "Date": date, "Stripe-Version": version}
        if account := self._request.headers.get("stripe-account"):
            more["Stripe-Account"] = account
        return replace(reply, headers={**reply.headers, **more})


def _who(request: Request) -> tuple[Scope, bool]:
    """Account and mode, and whether the key is only a publishable one.

    Raises:
        Refusal: there is no key, or it is none.
    """
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            credentials = base64.b64decode(credentials).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            credentials = ""
    if not credentials:
        raise Refusal("You did not provide an API key.", status=401)
    key = _KEY.fullmatch(credentials.strip())
    if key is None:
        raise Refusal("Invalid API Key provided.", status=401)
    account = request.headers.get("stripe-account", OWN_ACCOUNT)
    if not _ACCOUNT.fullmatch(account):
        message = f"The key has no access to account '{account}', or it does not exist."
        raise Refusal(message, status=403, code="account_invalid")
    return Scope(account, key["mode"] == "live"), key["kind"] == "pk"


def _rendered(call: Call, result: ObjectState | Page, asked: Params) -> bytes:
    paths = [str(path) for path in asked.many("expand") or ()]
    if isinstance(result, ObjectState):
        return to_json(expanded(call.world, result, paths)) if paths else rendered(result)
    inner = [path.removeprefix("data.") for path in paths]
    items = (
        to_json(expanded(call.world, it, inner)) if inner else rendered(it) for it in result.items
    )
    rest = {"has_more": result.has_more, "url": result.url, **result.more}
    return b'{"object":"%b","data":[%b],%b' % (
        result.kind.encode(),
        b",".join(items),
        to_json(rest)[1:],
    )
