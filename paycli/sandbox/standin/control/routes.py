"""The sandbox's own routes under `/_sandbox/`: what goes wrong, what happens elsewhere at Stripe.

They take and answer JSON and are for the machine that the stand-in runs on: see `standin`.
"""

import json
from collections.abc import Callable
from typing import TypeVar

from paycli.sandbox.standin import aftermath, checkout, readers
from paycli.sandbox.standin.app import Api
from paycli.sandbox.standin.call import Call
from paycli.sandbox.standin.faults import WrongFault, fault_of
from paycli.sandbox.standin.messages import Reply, Request, json_reply
from paycli.sandbox.standin.params import Params
from paycli.sandbox.standin.rendering import as_json
from paycli.sandbox.standin.resources.payment_objects import (
    BY_ITSELF,
    ChargeState,
    CheckoutSessionState,
    EmittedEvent,
    JsonObjectState,
    ObjectState,
    PaymentIntentState,
    Scope,
)
from paycli.sandbox.standin.timeline import Timeline
from paycli.sandbox.standin.webhooks import Webhooks
from paycli.sandbox.standin.world import OWN_ACCOUNT

PREFIX = "/_sandbox/"
Told = dict[str, object]
Object = TypeVar("Object", bound=ObjectState)


class CannotDo(ValueError):
    """The request makes no sense; the text says why."""


class Control:
    """Answers the requests under `/_sandbox/`."""

    def __init__(self, api: Api, webhooks: Webhooks, timeline: Timeline) -> None:
        self._api = api
        self._world = api.world
        self._webhooks = webhooks
        self._timeline = timeline

    def serve(self, request: Request) -> Reply:
        """200 with what was made, 400 with `{"error": …}`, 404."""
        route = ROUTES.get((request.method, request.path.removeprefix(PREFIX)))
        if route is None:
            known = [f"{method} {PREFIX}{path}" for method, path in ROUTES]
            return json_reply(404, {"error": "there is no such route", "routes": known})
        try:
            return json_reply(200, route(self, _told(request.body)))
        except (CannotDo, WrongFault, json.JSONDecodeError, UnicodeDecodeError) as error:
            return json_reply(400, {"error": str(error)})

    def add_fault(self, told: Told) -> object:
        """Makes the next requests fail."""
        self._api.faults.add(fault_of(told))
        return {}

    def clear_faults(self, _: Told) -> object:
        """Nothing goes wrong from now on."""
        self._api.faults.clear()
        return {}

    def release(self, _: Told) -> object:
        """Lets go on what hangs."""
        self._api.release()
        return {}

    def requests(self, _: Told) -> object:
        """The last requests, without whoever's key it was."""
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

    def clock(self, told: Told) -> object:
        """Moves the world's clock."""
        self._world.clock_offset_seconds = _number(told, "offset_seconds")
        return {"now": self._world.now()}

    def record(self, told: Told) -> object:
        """Notes a Kafka record for a payment's page."""
        record = told.get("record")
        if not isinstance(record, dict):
            raise CannotDo("record must be an object")
        self._timeline.add_record(_text(told, "payment"), record)
        return {}

    def resend(self, told: Told) -> object:
        """Sends an event once more."""
        self._webhooks.resend(self._find(EmittedEvent, told, "event"))
        return {}

    def dispute(self, told: Told) -> object:
        """The cardholder's bank takes a payment back."""
        charge = self._charge(told)
        if charge.disputed:
            raise CannotDo("this charge is disputed already")
        reason = _text(told, "reason", "fraudulent")
        return as_json(aftermath.open_dispute(self._world, charge, reason))

    def close_dispute(self, told: Told) -> object:
        """The bank decides about a dispute."""
        dispute = self._find(JsonObjectState, told, "dispute")
        status = _text(told, "status", "lost")
        is_open = dispute.json["object"] == "dispute" and dispute.json["status"] == "needs_response"
        if not is_open or status not in ("won", "lost"):
            raise CannotDo("an open dispute is closed as won or lost")
        aftermath.close_dispute(self._world, dispute, status)
        return as_json(dispute)

    def fraud_warning(self, told: Told) -> object:
        """The card's network warns of a payment."""
        return as_json(aftermath.warn_of_fraud(self._world, self._charge(told)))

    def review(self, told: Told) -> object:
        """Radar asks somebody to look at a payment."""
        return as_json(aftermath.open_review(self._world, self._charge(told)))

    def close_review(self, told: Told) -> object:
        """Somebody has looked at it."""
        review = self._find(JsonObjectState, told, "review")
        if review.json["object"] != "review" or not review.json["open"]:
            raise CannotDo("this is no open review")
        aftermath.close_review(self._world, review, _text(told, "reason", "approved"))
        return as_json(review)

    def refund(self, told: Told) -> object:
        """A refund made in the Dashboard."""
        charge = self._charge(told)
        left = charge.amount_captured - charge.amount_refunded
        amount = _number(told, "amount", left)
        if not 0 < amount <= left:
            raise CannotDo(f"the amount must be above 0 and at most {left}")
        status = _text(told, "status", "succeeded")
        if status not in ("pending", "requires_action", "succeeded"):
            raise CannotDo("a refund begins pending, requires_action or succeeded")
        reason = _text(told, "reason", "requested_by_customer")
        refund = aftermath.make_refund(self._world, charge, amount, reason=reason, status=status)
        return as_json(refund)

    def payout(self, told: Told) -> object:
        """A payout on its way: created, then paid, or failed with `failure_code`."""
        failure = _text(told, "failure_code", "")
        changes: Told = {
            "amount": _number(told, "amount", 10_000),
            "arrival_date": self._world.now(),
            "currency": _text(told, "currency", "eur"),
            "reconciliation_status": "not_applicable" if failure else "completed",
        }
        payout = aftermath.plain(self._world, "payout", "po_1", _own(told), changes)
        self._world.emit("payout.created", payout)
        payout.json = {
            **payout.json,
            "failure_code": failure or None,
            "failure_message": "The bank refused the payout." if failure else None,
            "status": "failed" if failure else "paid",
        }
        payout.rendered = None
        self._world.emit("payout.failed" if failure else "payout.paid", payout)
        if not failure:
            self._world.emit("payout.reconciliation_completed", payout)
        return as_json(payout)

    def account(self, told: Told) -> object:
        """An account whose abilities change: `charges_enabled`, `payouts_enabled`."""
        scope = _own(told)
        account = readers.account(Call(self._world, scope, BY_ITSELF, Params({})))
        named = {k: v for k, v in told.items() if k in ("charges_enabled", "payouts_enabled")}
        if not named or not all(isinstance(value, bool) for value in named.values()):
            raise CannotDo("give charges_enabled or payouts_enabled as true or false")
        previous = {name: account.json[name] for name in named}
        account.json = {**account.json, **named}
        account.rendered = None
        self._world.emit("account.updated", account, previous=previous)
        return as_json(account)

    def expire(self, told: Told) -> object:
        """Ends an open Checkout Session."""
        session = self._find(CheckoutSessionState, told, "session")
        if session.status != "open":
            raise CannotDo(f"this session is {session.status}")
        checkout.end(self._world, session)
        return as_json(session)

    def _charge(self, told: Told) -> ChargeState:
        charge = self._find(PaymentIntentState, told, "payment_intent").latest_charge
        if charge is None or not charge.captured:
            raise CannotDo("this payment has not succeeded")
        return charge

    def _find(self, kind: type[Object], told: Told, name: str) -> Object:
        found = self._world.objects.get(_text(told, name))
        if not isinstance(found, kind):
            raise CannotDo(f"there is no such {name}")
        return found


ROUTES: dict[tuple[str, str], Callable[[Control, Told], object]] = {
    ("POST", "faults"): Control.add_fault,
    ("DELETE", "faults"): Control.clear_faults,
    ("GET", "requests"): Control.requests,
    ("POST", "release"): Control.release,
    ("POST", "clock"): Control.clock,
    ("POST", "records"): Control.record,
    ("POST", "events/resend"): Control.resend,
    ("POST", "disputes"): Control.dispute,
    ("POST", "disputes/close"): Control.close_dispute,
    ("POST", "fraud_warnings"): Control.fraud_warning,
    ("POST", "reviews"): Control.review,
    ("POST", "reviews/close"): Control.close_review,
    ("POST", "refunds"): Control.refund,
    ("POST", "payouts"): Control.payout,
    ("POST", "accounts"): Control.account,
    ("POST", "sessions/expire"): Control.expire,
}
"""What does each request, by method and path."""


def _told(body: bytes) -> Told:
    told = json.loads(body or b"{}")
    if not isinstance(told, dict):
        raise CannotDo("the body must be a JSON object")
    return told


def _own(told: Told) -> Scope:
    return Scope(_text(told, "account", OWN_ACCOUNT), livemode=False)


def _text(told: Told, name: str, default: str | None = None) -> str:
    value = told.get(name, default)
    if not isinstance(value, str):
        raise CannotDo(f"{name} must be a text")
    return value


def _number(told: Told, name: str, default: int | None = None) -> int:
    value = told.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise CannotDo(f"{name} must be a whole number")
    return value
