"""The balance of an account: https://docs.stripe.com/api/balance."""

from collections import Counter
from dataclasses import dataclass

from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, Routes
from paycli.sandbox.standin.resources import ledger
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.store.objects import Json, JsonObjectState, ObjectState

DEFAULT_CURRENCY = "eur"


@dataclass(slots=True, kw_only=True, eq=False)
class BalanceState(JsonObjectState):
    """https://docs.stripe.com/api/balance/balance_object; it has no id and is not stored."""

    TYPE = "balance"
    URL = "/v1/balance"


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/balance/balance_retrieve."""
    store, scope, now = call.store, call.scope, call.store.now()
    available, pending = Counter({DEFAULT_CURRENCY: 0}), Counter({DEFAULT_CURRENCY: 0})
    for each in ledger.transactions(store, scope):
        part = available if each.available_on <= now else pending
        part[each.entry.currency] += each.net
    json = example(
        "balance",
        available=_amounts(available, pending),
        connect_reserved=[],
        livemode=scope.livemode,
        pending=_amounts(pending, available),
    )
    return BalanceState(id="", scope=scope, created=now, number=0, json=json)


def _amounts(part: Counter[str], other: Counter[str]) -> list[Json]:
    """Each currency that the account has, also where this part has nothing of it."""
    return [
        {
            "amount": part[currency],
            "currency": currency,
            "source_types": {"card": part[currency]},
        }
        for currency in sorted({*part, *other})
    ]


ROUTES: Routes = {("GET", BalanceState.URL): ApiRoute(get)}
