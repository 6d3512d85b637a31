"""Payouts: https://docs.stripe.com/api/payouts."""

from dataclasses import dataclass

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.pagination import LIST, list_page
from paycli.sandbox.standin.api.params import Schema, text
from paycli.sandbox.standin.http.json_body import InvalidJsonBody, JsonBody
from paycli.sandbox.standin.resources import ledger
from paycli.sandbox.standin.resources.examples import add_example
from paycli.sandbox.standin.resources.ledger import BalanceTransactionState, Entry, Party
from paycli.sandbox.standin.resources.lookup import account_scope
from paycli.sandbox.standin.store.objects import Json, JsonObjectState, ObjectState, Scope
from paycli.sandbox.standin.store.store import Store

LIST_PAYOUTS: Schema = {
    **LIST,
    "arrival_date": params.timestamps,
    "created": params.timestamps,
    "status": text(),
}


@dataclass(slots=True, kw_only=True, eq=False)
class PayoutState(JsonObjectState):
    """https://docs.stripe.com/api/payouts/object."""

    TYPE = "payout"
    URL = "/v1/payouts"
    ID_PARAM = "payout"
    EXPANDABLE = frozenset({"balance_transaction", "failure_balance_transaction"})


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payouts/retrieve."""
    return call.find(PayoutState)


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/payouts/list."""
    status = call.params.text("status")
    return list_page(call, PayoutState, lambda each: status in (None, each.json["status"]))


def simulate_payout(store: Store, body: JsonBody) -> Json:
    """A payout of an `account` that is created, then paid, or failed with a `failure_code`.

    It pays out all that is available in the `currency`, as an automatic one does; with an `amount`
    it is a manual one. Raises InvalidJsonBody if nothing is available.
    """
    scope, currency = account_scope(body), body.text("currency", "eur")
    failure, manual = body.text("failure_code", ""), "amount" in body.fields
    paid_out = [] if manual else _to_pay_out(store, scope, currency)
    amount = body.number("amount") if manual else sum(each.net for each in paid_out)
    if amount <= 0:
        raise InvalidJsonBody(
            f"nothing is available in {currency}: move the clock two days forward after a payment, "
            "or give an amount for a manual payout"
        )
    changes: Json = {
        "amount": amount,
        "arrival_date": store.now(),
        "automatic": not manual,
        "currency": currency,
        "reconciliation_status": "not_applicable" if manual else "completed",
    }
    payout = add_example(store, PayoutState, "po_1", scope, changes)
    own = _book(store, payout, "payout", -amount)
    payout.json["balance_transaction"] = own.id
    for each in [] if manual else [own, *paid_out]:
        each.payout = payout.id
    store.emit("payout.created", payout)
    if failure:
        payout.json["failure_balance_transaction"] = _book(
            store, payout, "payout_failure", amount
        ).id
    payout.json = {
        **payout.json,
        "failure_code": failure or None,
        "failure_message": "The bank refused the payout." if failure else None,
        "status": "failed" if failure else "paid",
    }
    payout.mark_changed()
    store.emit("payout.failed" if failure else "payout.paid", payout)
    if not failure and not manual:
        store.emit("payout.reconciliation_completed", payout)
    return payout.json


def _to_pay_out(store: Store, scope: Scope, currency: str) -> list[BalanceTransactionState]:
    """What is available and was not paid out, as far as Stripe knows: not of manual payouts."""
    now = store.now()
    return [
        each
        for each in ledger.transactions(store, scope)
        if each.payout is None and each.entry.currency == currency and each.available_on <= now
    ]


def _book(store: Store, payout: PayoutState, kind: str, amount: int) -> BalanceTransactionState:
    entry = Entry(
        kind=kind,
        amount=amount,
        currency=str(payout.json["currency"]),
        source=payout.id,
        party=Party.BANKS,
    )
    return ledger.book(store, payout.scope, entry)


ROUTES: Routes = {
    ("GET", PayoutState.URL): ApiRoute(list_, LIST_PAYOUTS),
    ("GET", f"{PayoutState.URL}/{{id}}"): ApiRoute(get),
}
