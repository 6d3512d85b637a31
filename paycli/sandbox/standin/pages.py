"""What the customer's browser asks for, under `/pay/`: state, paying, the 3-D Secure step.

The key to a payment is its `client_secret`, that to a Checkout Session its id. Pages for people
are entries of the same table: `GET /pay/{id}` and `GET /pay/{id}/authenticate`.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from paycli.sandbox.standin import checkout, forms, intent_params, intents, params, paying
from paycli.sandbox.standin.call import Call
from paycli.sandbox.standin.messages import Reply, Request, json_reply
from paycli.sandbox.standin.methods import method_of
from paycli.sandbox.standin.objects import BY_ITSELF, Intent, Session
from paycli.sandbox.standin.params import Params, Schema, choice, text
from paycli.sandbox.standin.refusals import Refusal, missing
from paycli.sandbox.standin.rendering import as_json
from paycli.sandbox.standin.timeline import Timeline
from paycli.sandbox.standin.world import World

Answer = Reply | AsyncIterator[bytes]
PREFIX = "/pay/"
_SECRET: Schema = {"client_secret": text()}


@dataclass(slots=True)
class Visit:
    """One request of a browser for one payment, already let in by its secret."""

    world: World
    timeline: Timeline
    request: Request
    it: Intent | Session
    asked: Params


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
    call = Call(visit.world, visit.it.scope, BY_ITSELF, visit.asked, visit.it.id, publishable=True)
    it = visit.it
    method = method_of(call, it.currency)
    if method is None:
        raise missing("payment_method")
    if isinstance(it, Session):
        checkout.pay(call, it, method, visit.asked.text("email"))
    else:
        intents.confirm(call)
    return json_reply(200, _state(it))


def authenticate(visit: Visit) -> Answer:
    """The customer passes the 3-D Secure step (`result=succeed`) or does not (`result=fail`)."""
    it = visit.it.intent if isinstance(visit.it, Session) else visit.it
    if it is None:
        raise Refusal("Nothing has been paid yet.", code="payment_intent_unexpected_state")
    paying.authenticate(visit.world, it, passed=visit.asked.text("result") == "succeed")
    return json_reply(200, _state(visit.it))


def events(visit: Visit) -> Answer:
    """What happened so far: JSON, or a stream for those who accept `text/event-stream`."""
    if "text/event-stream" in visit.request.headers.get("accept", ""):
        return visit.timeline.stream(visit.it.id)
    return json_reply(200, visit.timeline.of(visit.it.id))


ROUTES: dict[tuple[str, str], PageRoute] = {
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
    """Answers a request under `/pay/`."""
    try:
        return _answer(world, timeline, request)
    except Refusal as refusal:
        return json_reply(refusal.status, refusal.body("", world.now()))


def _answer(world: World, timeline: Timeline, request: Request) -> Answer:
    identity, _, rest = request.path.removeprefix(PREFIX).partition("/")
    route = ROUTES.get((request.method, rest))
    it = world.objects.get(identity)
    if route is None or not isinstance(it, Intent | Session):
        raise Refusal("There is no such page.", status=404)
    asked = params.parse(forms.decode(request.parameters), route.schema)
    if isinstance(it, Intent) and asked.text("client_secret") != it.client_secret:
        raise Refusal("The client_secret is missing or wrong.", status=403)
    if isinstance(it, Session):
        checkout.expire_if_due(world, it)
    return route.run(Visit(world, timeline, request, it, asked))


def _state(it: Intent | Session) -> dict[str, object]:
    """`payment_intent` is null as long as a Session has none."""
    if isinstance(it, Session):
        return {"session": as_json(it), "payment_intent": as_json(it.intent) if it.intent else None}
    return {"session": None, "payment_intent": as_json(it)}
