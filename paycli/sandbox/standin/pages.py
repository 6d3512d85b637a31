"""What the customer's browser asks for, under `/pay/`: the page for people, and the same in JSON.

The key to a payment is its `client_secret`, that to a Checkout Session its id.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from paycli.sandbox.standin import checkout, forms, intent_params, params
from paycli.sandbox.standin.messages import Reply, Request, json_reply
from paycli.sandbox.standin.params import Schema, choice, text
from paycli.sandbox.standin.payment_page import card_form, markup, people
from paycli.sandbox.standin.refusals import Refusal
from paycli.sandbox.standin.rendering import as_json
from paycli.sandbox.standin.resources.payment_objects import (
    CheckoutSessionState,
    PaymentIntentState,
)
from paycli.sandbox.standin.timeline import Timeline
from paycli.sandbox.standin.visits import Visit
from paycli.sandbox.standin.world import World

Answer = Reply | AsyncIterator[bytes]
PREFIX = "/pay/"
_ASSETS = f"{PREFIX}assets/"
_SECRET: Schema = {"client_secret": text()}
# The secret is in the address, and what is shown is over in a moment.
_DISCREET = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class PageRoute:
    """What answers, and the parameters it takes."""

    run: Callable[[Visit], Answer]
    schema: Schema


def state(visit: Visit) -> Answer:
    """The object as it is now, in JSON."""
    return json_reply(200, _state(visit.it))


def pay(visit: Visit) -> Answer:
    """Pays with a test card, by `payment_method` or by number; 402 with Stripe's error if declined.

    200 with the state: `requires_action` means that the 3-D Secure step comes next.
    """
    visit.pay(visit.asked)
    return json_reply(200, _state(visit.it))


def authenticate(visit: Visit) -> Answer:
    """The customer passes the 3-D Secure step (`result=succeed`) or does not (`result=fail`)."""
    visit.authenticate(passed=visit.asked.text("result") == "succeed")
    return json_reply(200, _state(visit.it))


def events(visit: Visit) -> Answer:
    """What happened so far: JSON, or a stream for those who accept `text/event-stream`."""
    if "text/event-stream" in visit.request.headers.get("accept", ""):
        return visit.timeline.stream(visit.it.id)
    return json_reply(200, visit.timeline.of(visit.it.id))


ROUTES: dict[tuple[str, str], PageRoute] = {
    ("GET", ""): PageRoute(people.show, _SECRET),
    ("POST", ""): PageRoute(
        people.act, {**_SECRET, **card_form.FIELDS, "do": choice("pay", "succeed", "fail")}
    ),
    ("GET", "authenticate"): PageRoute(people.ask, _SECRET),
    ("GET", "state"): PageRoute(state, _SECRET),
    ("GET", "events"): PageRoute(events, _SECRET),
    ("POST", "pay"): PageRoute(
        pay,
        {
            **_SECRET,
            "email": text(800),
            "payment_method": text(),
            "payment_method_data": intent_params.CONFIRM["payment_method_data"],
            "return_url": text(),
        },
    ),
    ("POST", "authenticate"): PageRoute(
        authenticate, {**_SECRET, "result": choice("succeed", "fail")}
    ),
}
"""By method and what follows the payment's id in the path; "" is the payment's own page."""


def serve(world: World, timeline: Timeline, request: Request) -> Answer:
    """Answers a request under `/pay/`; what is refused is a page for whoever accepts HTML."""
    try:
        answer = _answer(world, timeline, request)
    except Refusal as refusal:
        if "text/html" in request.headers.get("accept", ""):
            answer = people.turned_away(refusal)
        else:
            answer = json_reply(refusal.status, refusal.body("", world.now()))
    if not isinstance(answer, Reply):
        return answer
    return replace(answer, headers={**_DISCREET, **answer.headers})


def _answer(world: World, timeline: Timeline, request: Request) -> Answer:
    if asset := markup.asset(request.path.removeprefix(_ASSETS)):
        return asset
    identity, _, rest = request.path.removeprefix(PREFIX).partition("/")
    route = ROUTES.get((request.method, rest))
    it = world.objects.get(identity)
    if route is None or not isinstance(it, PaymentIntentState | CheckoutSessionState):
        raise Refusal("There is no such page.", status=404)
    asked = params.parse(forms.decode(request.parameters), route.schema)
    if isinstance(it, PaymentIntentState) and asked.text("client_secret") != it.client_secret:
        raise Refusal("The client_secret is missing or wrong.", status=403)
    if isinstance(it, CheckoutSessionState):
        checkout.expire_if_due(world, it)
    return route.run(Visit(world, timeline, request, it, asked))


def _state(it: PaymentIntentState | CheckoutSessionState) -> dict[str, object]:
    """`payment_intent` is null as long as a Session has none."""
    if isinstance(it, CheckoutSessionState):
        return {"session": as_json(it), "payment_intent": as_json(it.intent) if it.intent else None}
    return {"session": None, "payment_intent": as_json(it)}
