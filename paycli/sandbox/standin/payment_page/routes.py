"""What a customer's browser requests under `/pay/`: HTML pages, and the same data as JSON.

A payment or setup is authorized by its `client_secret`, a Checkout Session by its id.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from paycli.sandbox.standin.api import form_encoding, params
from paycli.sandbox.standin.api.errors import StripeErrorResponse
from paycli.sandbox.standin.api.params import Schema, choice, text
from paycli.sandbox.standin.http.messages import HttpRequest, HttpResponse, json_response
from paycli.sandbox.standin.payment_page import card_form, markup, pages
from paycli.sandbox.standin.payment_page.activity import PaymentActivity
from paycli.sandbox.standin.payment_page.page_request import PageRequest
from paycli.sandbox.standin.resources import checkout_sessions
from paycli.sandbox.standin.resources.payment_method_params import PAYMENT_METHOD_DATA
from paycli.sandbox.standin.resources.payment_objects import (
    CheckoutSessionState,
    PaymentIntentState,
    SetupIntentState,
)
from paycli.sandbox.standin.store.rendering import as_json
from paycli.sandbox.standin.store.store import Store

PageResult = HttpResponse | AsyncIterator[bytes]
PREFIX = "/pay/"
_ASSETS = f"{PREFIX}assets/"
_ON_PAGE = (PaymentIntentState, SetupIntentState, CheckoutSessionState)
_SECRET: Schema = {"client_secret": text()}
# The URL contains the secret, and a stored page would be outdated.
_PRIVACY_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class PageRoute:
    """The function of a route, and its parameters."""

    run: Callable[[PageRequest], PageResult]
    schema: Schema


def get_state(request: PageRequest) -> PageResult:
    """The payment's objects as JSON."""
    return _state_response(request)


def pay(request: PageRequest) -> PageResult:
    """Attempts the payment with a test card, by id or number; 402 with Stripe's error if declined.

    200 with the state: `requires_action` means that 3-D Secure is required.
    """
    request.pay(request.params)
    return _state_response(request)


def authenticate(request: PageRequest) -> PageResult:
    """Completes 3-D Secure with `result=succeed` or `result=fail`."""
    request.authenticate(passed=request.params.text("result") == "succeed")
    return _state_response(request)


def get_events(request: PageRequest) -> PageResult:
    """The payment's activity as JSON, or as a stream if the client accepts it."""
    activity, payment_id = request.activity, request.payment.id
    if "text/event-stream" in request.http.headers.get("accept", ""):
        return activity.stream(payment_id)
    return json_response(200, activity.as_json(payment_id))


ROUTES: dict[tuple[str, str], PageRoute] = {
    ("GET", ""): PageRoute(pages.show_payment, _SECRET),
    ("POST", ""): PageRoute(
        pages.submit, {**_SECRET, **card_form.FIELDS, "do": choice("pay", "succeed", "fail")}
    ),
    ("GET", "authenticate"): PageRoute(pages.show_authentication, _SECRET),
    ("GET", "state"): PageRoute(get_state, _SECRET),
    ("GET", "events"): PageRoute(get_events, _SECRET),
    ("POST", "pay"): PageRoute(
        pay,
        {
            **_SECRET,
            "email": text(800),
            "payment_method": text(),
            "payment_method_data": PAYMENT_METHOD_DATA,
            "return_url": text(),
        },
    ),
    ("POST", "authenticate"): PageRoute(
        authenticate, {**_SECRET, "result": choice("succeed", "fail")}
    ),
}
"""By method and the path after the payment's id; "" is the payment's page."""


def handle(store: Store, activity: PaymentActivity, request: HttpRequest) -> PageResult:
    """Handles a request under `/pay/`; errors are HTML for clients that accept it, else JSON."""
    try:
        result = _dispatch(store, activity, request)
    except StripeErrorResponse as error:
        if "text/html" in request.headers.get("accept", ""):
            result = pages.error_page(error)
        else:
            result = json_response(error.status, error.body("", store.now()))
    if not isinstance(result, HttpResponse):
        return result
    return replace(result, headers={**_PRIVACY_HEADERS, **result.headers})


def _dispatch(store: Store, activity: PaymentActivity, request: HttpRequest) -> PageResult:
    if asset := markup.asset(request.path.removeprefix(_ASSETS)):
        return asset
    payment_id, _, rest = request.path.removeprefix(PREFIX).partition("/")
    route = ROUTES.get((request.method, rest))
    payment = store.objects.get(payment_id)
    if route is None or not isinstance(payment, _ON_PAGE):
        raise StripeErrorResponse("There is no such page.", status=404)
    parsed = params.parse(form_encoding.decode(request.parameters), route.schema)
    if isinstance(payment, CheckoutSessionState):
        checkout_sessions.expire_if_due(store, payment)
    elif parsed.text("client_secret") != payment.client_secret:
        raise StripeErrorResponse("The client_secret is missing or wrong.", status=403)
    return route.run(PageRequest(store, activity, request, payment, parsed))


def _state_response(request: PageRequest) -> HttpResponse:
    """Each object is null if there is none, such as the intent before a Session's first attempt."""
    states = {state.TYPE: as_json(state) for state in (request.payment, request.intent) if state}
    names = {"session": "checkout.session", "payment_intent": "payment_intent"}
    names |= {"setup_intent": "setup_intent"}
    return json_response(200, {name: states.get(kind) for name, kind in names.items()})
