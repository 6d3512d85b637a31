"""Accounts: https://docs.stripe.com/api/accounts."""

import re
from dataclasses import dataclass

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, Routes
from paycli.sandbox.standin.api.errors import StripeErrorResponse
from paycli.sandbox.standin.api.params import Params, Schema, choice, merge_metadata, nested, text
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


_DUE = ("external_account", "tos_acceptance.date", "tos_acceptance.ip")
ACCOUNT_ID = re.compile(r"acct_[A-Za-z0-9]+", re.ASCII)
CREATE: Schema = {
    "business_type": choice("company", "government_entity", "individual", "non_profit"),
    "capabilities": nested(
        {name: nested({"requested": params.boolean}) for name in ("card_payments", "transfers")}
    ),
    "controller": nested(
        {
            "fees": nested({"payer": choice("account", "application")}),
            "losses": nested({"payments": choice("application", "stripe")}),
            "stripe_dashboard": nested({"type": choice("express", "full", "none")}),
        }
    ),
    "country": text(),
    "email": text(),
    "metadata": params.metadata,
}


@dataclass(slots=True, kw_only=True, eq=False)
class AccountState(JsonObjectState):
    """https://docs.stripe.com/api/accounts/object; `id` also has the mode."""

    TYPE = "account"
    URL = "/v1/accounts"


def get_own(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/accounts/retrieve: the account of the request."""
    return _find_or_add(call.store, call.scope)


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/accounts/retrieve: a connected account."""
    return find_connected(call.store, call.ids[0], call.scope)


def create(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/accounts/create: the onboarding is still to be done."""
    store, parsed = call.store, call.params
    scope = Scope(store.new_id("acct_1")[:21], call.scope.livemode)
    account = _find_or_add(store, scope)
    capabilities = parsed.inner("capabilities").values
    due = [*_DUE, *(["business_type"] if parsed.text("business_type") is None else [])]
    account.json = {
        **account.json,
        "business_type": parsed.text("business_type"),
        "capabilities": dict.fromkeys(capabilities, "inactive"),
        "charges_enabled": False,
        "controller": {"type": "application", "is_controller": True, **_plain(parsed)},
        "country": parsed.text("country") or "US",
        "details_submitted": False,
        "email": parsed.text("email"),
        "metadata": merge_metadata({}, parsed.metadata()),
        "payouts_enabled": False,
        "requirements": {**_REQUIREMENTS, "currently_due": due, "eventually_due": due},
        "type": "none",
    }
    account.mark_changed()
    return account


def find_connected(store: Store, account_id: str, scope: Scope) -> AccountState:
    """The account with this id in the mode of the request; any of the right form exists.

    Raises:
        StripeErrorResponse: Stripe's 403, which is the same for a foreign account and for none.
    """
    if not ACCOUNT_ID.fullmatch(account_id):
        message = (
            f"The provided key does not have access to account '{account_id}' (or that account "
            "does not exist). Application access may have been revoked."
        )
        raise StripeErrorResponse(message, status=403, code="account_invalid")
    return _find_or_add(store, Scope(account_id, scope.livemode))


def complete_onboarding(store: Store, account: AccountState) -> None:
    """The host has entered all that is required: charges and payouts are enabled."""
    names = ("charges_enabled", "payouts_enabled", "details_submitted")
    previous = {name: account.json[name] for name in names if account.json[name] is False}
    if not previous:
        return
    capabilities = account.json["capabilities"]
    assert isinstance(capabilities, dict)
    account.json = {
        **account.json,
        **dict.fromkeys(names, True),
        "business_type": account.json["business_type"] or "individual",
        "capabilities": dict.fromkeys(capabilities, "active"),
        "requirements": _REQUIREMENTS,
    }
    account.mark_changed()
    store.emit("account.updated", account, previous=previous)


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


def _plain(parsed: Params) -> Json:
    """The parameter `controller` as JSON."""
    controller = parsed.inner("controller")
    return {name: dict(controller.inner(name).values) for name in controller.values}


ROUTES: Routes = {
    ("GET", "/v1/account"): ApiRoute(get_own),
    ("POST", AccountState.URL): ApiRoute(create, CREATE),
    ("GET", f"{AccountState.URL}/{{id}}"): ApiRoute(get),
}
