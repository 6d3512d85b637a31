"""Payouts: https://docs.stripe.com/api/payouts."""

from dataclasses import dataclass

from paycli.sandbox.standin.http.json_body import JsonBody
from paycli.sandbox.standin.resources.examples import add_example
from paycli.sandbox.standin.resources.lookup import account_scope
from paycli.sandbox.standin.store.objects import Json, JsonObjectState
from paycli.sandbox.standin.store.store import Store


@dataclass(slots=True, kw_only=True, eq=False)
class PayoutState(JsonObjectState):
    """https://docs.stripe.com/api/payouts/object."""

    TYPE = "payout"
    URL = "/v1/payouts"


def simulate_payout(store: Store, body: JsonBody) -> Json:
    """A payout of an `account` that is created, then paid, or failed with a `failure_code`."""
    failure = body.text("failure_code", "")
    changes: Json = {
        "amount": body.number("amount", 10_000),
        "arrival_date": store.now(),
        "currency": body.text("currency", "eur"),
        "reconciliation_status": "not_applicable" if failure else "completed",
    }
    payout = add_example(store, PayoutState, "po_1", account_scope(body), changes)
    store.emit("payout.created", payout)
    payout.json = {
        **payout.json,
        "failure_code": failure or None,
        "failure_message": "The bank refused the payout." if failure else None,
        "status": "failed" if failure else "paid",
    }
    payout.mark_changed()
    store.emit("payout.failed" if failure else "payout.paid", payout)
    if not failure:
        store.emit("payout.reconciliation_completed", payout)
    return payout.json
