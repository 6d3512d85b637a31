"""Accounts: https://docs.stripe.com/api/accounts."""

from dataclasses import dataclass

from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, Routes
from paycli.sandbox.standin.http.json_body import InvalidJsonBody, JsonBody
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.resources.lookup import account_scope
from paycli.sandbox.standin.store.objects import Json, JsonObjectState, ObjectState, Scope
from paycli.sandbox.standin.store.store import Store

_REQUIREMENTS: Json = {
    **dict.fromkeys(("current_deadline", "disabled_reason")),
    **{
        name: list[object]()
        for name in (
            "alternatives",
            "currently_due",
            "errors",
            "eventually_due",
            "past_due",
            "pending_verification",
        )
    },
}


@dataclass(slots=True, kw_only=True, eq=False)
class AccountState(JsonObjectState):
    """https://docs.stripe.com/api/accounts/object; `id` also has the mode."""

    TYPE = "account"
    URL = "/v1/accounts"


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/accounts/retrieve: the account of the request."""
    return _find_or_add(call.store, call.scope)


def simulate_change(store: Store, body: JsonBody) -> Json:
    """Changes `charges_enabled` or `payouts_enabled` of an `account`."""
    account = _find_or_add(store, account_scope(body))
    names = ("charges_enabled", "payouts_enabled")
    changes = {name: body.fields[name] for name in names if name in body.fields}
    if not changes or not all(isinstance(value, bool) for value in changes.values()):
        raise InvalidJsonBody("charges_enabled or payouts_enabled must be true or false")
    previous = {name: account.json[name] for name in changes}
    account.json = {**account.json, **changes}
    account.mark_changed()
    store.emit("account.updated", account, previous=previous)
    return account.json


def _find_or_add(store: Store, scope: Scope) -> AccountState:
    """The account of a scope; any account exists, with charges and payouts enabled."""
    object_id = f"{scope.account}/{scope.livemode}"
    found = store.objects.get(object_id)
    if isinstance(found, AccountState):
        return found
    fields: Json = {
        "charges_enabled": True,
        "created": store.now(),
        "details_submitted": True,
        "external_accounts": {
            "data": [],
            "has_more": False,
            "object": "list",
            "url": f"/v1/accounts/{scope.account}/external_accounts",
        },
        "id": scope.account,
        "payouts_enabled": True,
        "requirements": _REQUIREMENTS,
    }
    return store.add(
        AccountState(
            id=object_id,
            scope=scope,
            created=store.now(),
            number=store.next_number(),
            json=example("account", **fields),
        )
    )


ROUTES: Routes = {("GET", "/v1/account"): ApiRoute(get)}
