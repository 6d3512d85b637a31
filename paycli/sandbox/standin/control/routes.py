"""The routes under `/_sandbox/`: faults, the clock, and what happens elsewhere at Stripe.

They accept and return JSON, and exist only where the stand-in listens on loopback.
"""

from collections.abc import Callable

from paycli.sandbox.standin.api.handler import ApiHandler
from paycli.sandbox.standin.faults import InvalidFault, parse_fault
from paycli.sandbox.standin.http.json_body import InvalidJsonBody, JsonBody
from paycli.sandbox.standin.http.messages import HttpRequest, HttpResponse, json_response
from paycli.sandbox.standin.http.same_origin import media_type
from paycli.sandbox.standin.payment_page.activity import PaymentActivity
from paycli.sandbox.standin.resources import (
    accounts,
    balance_transactions,
    checkout_sessions,
    dispute_lifecycle,
    disputes,
    early_fraud_warnings,
    hold_lifecycle,
    payment_methods,
    payouts,
    refunds,
    reviews,
)
from paycli.sandbox.standin.resources.lookup import find_named
from paycli.sandbox.standin.store.events import EmittedEvent
from paycli.sandbox.standin.store.objects import Json
from paycli.sandbox.standin.store.store import Store
from paycli.sandbox.standin.webhooks.sender import WebhookSender

PREFIX = "/_sandbox/"


class ControlHandler:
    """Handles requests under `/_sandbox/`."""

    def __init__(self, api: ApiHandler, sender: WebhookSender, activity: PaymentActivity) -> None:
        self._api = api
        self._sender = sender
        self._activity = activity
        self.store = api.store

    def handle(self, request: HttpRequest) -> HttpResponse:
        """200 with the route's result, 400 or 415 with `{"error": …}`, or 404 with all routes."""
        route = ROUTES.get((request.method, request.path.removeprefix(PREFIX)))
        if route is None:
            routes = [f"{method} {PREFIX}{path}" for method, path in ROUTES]
            return json_response(404, {"error": "there is no such route", "routes": routes})
        # Pages of other sites can send other types without asking first (CORS).
        if request.method != "GET" and media_type(request) != "application/json":
            return json_response(415, {"error": "send Content-Type: application/json"})
        try:
            return json_response(200, route(self, JsonBody(request.body)))
        except (InvalidJsonBody, InvalidFault) as error:
            return json_response(400, {"error": str(error)})

    def add_fault(self, body: JsonBody) -> object:
        """Adds a fault for the next requests."""
        self._api.faults.add(parse_fault(body.fields))
        return {}

    def clear_faults(self, _: JsonBody) -> object:
        """Removes all faults."""
        self._api.faults.clear()
        return {}

    def release(self, _: JsonBody) -> object:
        """Ends all current delays."""
        self._api.release()
        return {}

    def requests(self, _: JsonBody) -> object:
        """The last requests to the API, without their keys."""
        return [
            {
                "method": request.method,
                "path": request.path,
                "query": request.query,
                "headers": {k: v for k, v in request.headers.items() if k != "authorization"},
                "body": request.body.decode("utf-8", "replace"),
            }
            for request in self._api.received
        ]

    def set_clock(self, body: JsonBody) -> object:
        """Sets the offset of the store's clock from real time; deadlines pass with it."""
        self.store.clock_offset_seconds = body.number("offset_seconds")
        dispute_lifecycle.lose_overdue(self.store)
        hold_lifecycle.end_all_due(self.store)
        return {"now": self.store.now()}

    def add_record(self, body: JsonBody) -> object:
        """Adds a Kafka record to a payment's page."""
        record = body.object("record")
        self._activity.add_record(body.text("payment"), record)
        return {}

    def resend_event(self, body: JsonBody) -> object:
        """Delivers an event once more."""
        self._sender.resend(find_named(self.store, body, EmittedEvent, "event"))
        return {}


Operation = Callable[[ControlHandler, JsonBody], object]


def _simulation(run: Callable[[Store, JsonBody], Json]) -> Operation:
    return lambda handler, body: run(handler.store, body)


ROUTES: dict[tuple[str, str], Operation] = {
    ("POST", "faults"): ControlHandler.add_fault,
    ("DELETE", "faults"): ControlHandler.clear_faults,
    ("GET", "requests"): ControlHandler.requests,
    ("POST", "release"): ControlHandler.release,
    ("POST", "clock"): ControlHandler.set_clock,
    ("POST", "records"): ControlHandler.add_record,
    ("POST", "events/resend"): ControlHandler.resend_event,
    ("GET", "ledger"): _simulation(balance_transactions.show_ledger),
    ("POST", "disputes"): _simulation(disputes.simulate_dispute),
    ("POST", "disputes/close"): _simulation(disputes.simulate_decision),
    ("POST", "fraud_warnings"): _simulation(early_fraud_warnings.simulate_warning),
    ("POST", "reviews"): _simulation(reviews.simulate_review),
    ("POST", "reviews/close"): _simulation(reviews.simulate_closing),
    ("POST", "refunds"): _simulation(refunds.simulate_refund),
    ("POST", "payouts"): _simulation(payouts.simulate_payout),
    ("POST", "payment_methods"): _simulation(payment_methods.simulate_new_expiry),
    ("POST", "accounts"): _simulation(accounts.simulate_change),
    ("POST", "sessions/expire"): _simulation(checkout_sessions.simulate_expiry),
}
"""By method and path after `/_sandbox/`."""
