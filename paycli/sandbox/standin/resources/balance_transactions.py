"""Balance transactions: https://docs.stripe.com/api/balance_transactions."""

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.errors import StripeErrorResponse, no_such_reference
from paycli.sandbox.standin.api.pagination import LIST, list_page
from paycli.sandbox.standin.api.params import Schema, text
from paycli.sandbox.standin.http.json_body import JsonBody
from paycli.sandbox.standin.resources.ledger import BalanceTransactionState, balances
from paycli.sandbox.standin.resources.payouts import PayoutState
from paycli.sandbox.standin.store.objects import Json, ObjectState
from paycli.sandbox.standin.store.store import Store

LIST_TRANSACTIONS: Schema = {
    **LIST,
    "created": params.timestamps,
    "currency": text(),
    "payout": text(),
    "source": text(),
    "type": text(),
}


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/balance_transactions/retrieve."""
    return call.find(BalanceTransactionState)


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/balance_transactions/list."""
    _check_payout(call)
    wanted = {name: call.params.text(name) for name in ("currency", "payout", "source", "type")}

    def matches(each: BalanceTransactionState) -> bool:
        found = {
            "currency": each.entry.currency,
            "payout": each.payout,
            "source": each.entry.source,
            "type": each.entry.kind,
        }
        return all(value in (None, found[name]) for name, value in wanted.items())

    return list_page(call, BalanceTransactionState, matches)


def _check_payout(call: ApiCall) -> None:
    """Stripe does not know what a manual payout has paid out.

    https://docs.stripe.com/api/balance_transactions/list#balance_transaction_list-payout
    """
    payout_id = call.params.text("payout")
    if payout_id is None:
        return
    payout = call.store.find(PayoutState, payout_id, call.scope)
    if payout is None:
        raise no_such_reference("payout", payout_id, "payout")
    if not payout.json["automatic"]:
        message = (
            "Balance transaction history can only be filtered on automatic transfers, not manual."
        )
        raise StripeErrorResponse(message, param="payout")


def show_ledger(store: Store, _: JsonBody) -> Json:
    """The balances of all accounts and parties in test mode, by currency; they sum to zero."""
    return {**balances(store)}


ROUTES: Routes = {
    ("GET", BalanceTransactionState.URL): ApiRoute(list_, LIST_TRANSACTIONS),
    ("GET", f"{BalanceTransactionState.URL}/{{id}}"): ApiRoute(get),
}
