"""API keys and accounts: https://docs.stripe.com/api/authentication."""

import base64
import binascii
import re

from paycli.sandbox.standin.api.errors import StripeErrorResponse
from paycli.sandbox.standin.http.messages import HttpRequest
from paycli.sandbox.standin.store.objects import Scope
from paycli.sandbox.standin.store.store import OWN_ACCOUNT

_KEY = re.compile(r"(?P<kind>[srp]k)_(?P<mode>test|live)_.+")
_ACCOUNT = re.compile(r"acct_\w+")


def authenticate(request: HttpRequest) -> tuple[Scope, bool]:
    """The account and mode of the request's key, and whether it is a publishable key.

    Raises:
        StripeErrorResponse: the key is missing or malformed (401), or the account is (403).
    """
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            credentials = base64.b64decode(credentials).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            credentials = ""
    if not credentials:
        raise StripeErrorResponse("You did not provide an API key.", status=401)
    key = _KEY.fullmatch(credentials.strip())
    if key is None:
        raise StripeErrorResponse("Invalid API Key provided.", status=401)
    account = request.headers.get("stripe-account", OWN_ACCOUNT)
    if not _ACCOUNT.fullmatch(account):
        message = f"The key has no access to account '{account}', or it does not exist."
        raise StripeErrorResponse(message, status=403, code="account_invalid")
    return Scope(account, key["mode"] == "live"), key["kind"] == "pk"
