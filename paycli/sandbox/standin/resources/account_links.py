"""Links to the onboarding of connected accounts: https://docs.stripe.com/api/account_links.

The stand-in has no form: opening a link is a host who enters all that is required.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, Routes
from paycli.sandbox.standin.api.errors import invalid_param, missing_param
from paycli.sandbox.standin.api.params import Schema, choice, text
from paycli.sandbox.standin.http.messages import HttpRequest, HttpResponse, json_response
from paycli.sandbox.standin.resources.accounts import (
    AccountState,
    complete_onboarding,
    find_connected,
)
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.store.objects import JsonObjectState, ObjectState
from paycli.sandbox.standin.store.store import Store

PREFIX = "/onboarding/"
LIFETIME_SECONDS = 300
CREATE: Schema = {
    "account": text(),
    "refresh_url": text(),
    "return_url": text(),
    "type": choice("account_onboarding", "account_update"),
}


@dataclass(slots=True, kw_only=True, eq=False)
class AccountLinkState(JsonObjectState):
    """https://docs.stripe.com/api/account_links/object; the id is part of the URL."""

    TYPE = "account_link"

    account: AccountState
    refresh_url: str
    return_url: str
    expires_at: int
    used: bool = False


def create(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/account_links/create."""
    store, parsed = call.store, call.params
    urls = {}
    for name in ("refresh_url", "return_url"):
        urls[name] = parsed.text(name) or ""
        if not urls[name]:
            raise missing_param(name)
        if urlsplit(urls[name]).scheme not in ("http", "https"):
            raise invalid_param(name, "Not a valid URL", "url_invalid")
    account = find_connected(store, parsed.text("account") or "", call.scope)
    if parsed.text("type") == "account_update":
        message = "You cannot create `account_update` links for accounts with an Express Dashboard."
        raise invalid_param("type", message)
    token, now = store.new_id("alink_"), store.now()
    expires_at = now + LIFETIME_SECONDS
    return store.add(
        AccountLinkState(
            id=token,
            scope=call.scope,
            created=now,
            number=store.next_number(),
            json=example(
                "account_link",
                created=now,
                expires_at=expires_at,
                url=f"{store.url}{PREFIX}{token}",
            ),
            account=account,
            expires_at=expires_at,
            refresh_url=urls["refresh_url"],
            return_url=urls["return_url"],
        )
    )


def open_link(store: Store, request: HttpRequest) -> HttpResponse:
    """Completes the onboarding and returns the host; a link works once, then leads to refresh."""
    link = store.objects.get(request.path.removeprefix(PREFIX))
    if not isinstance(link, AccountLinkState) or request.method != "GET":
        return json_response(404, {"error": "there is no such link"})
    if link.used or store.now() >= link.expires_at:
        return _redirect(link.refresh_url)
    link.used = True
    complete_onboarding(store, link.account)
    return _redirect(link.return_url)


def _redirect(url: str) -> HttpResponse:
    return HttpResponse(303, b"", {"Location": url, "Cache-Control": "no-store"})


ROUTES: Routes = {
    ("POST", "/v1/account_links"): ApiRoute(create, CREATE, ("account", "type")),
}
