"""The use cases of setups: create, get, list and cancel."""

import re

from paycli.errors import SetupNotFound
from paycli.models import (
    CancelSetup,
    CreateSetup,
    ListSetups,
    Setup,
    SetupPage,
    WriteResult,
)
from paycli.payments import cursor
from paycli.payments.access import Access

_SETUP_ID = re.compile(r"(seti|cs)_[A-Za-z0-9_]{1,250}", re.ASCII)


class Setups:
    """The use cases of setups: SetupIntents `seti_…` and Checkout Sessions `cs_…`.

    All methods may raise Busy and StripeFailure. Methods that write take the caller's idempotency
    key and name (None for an unnamed caller), and may raise IdempotencyKeyMissing and
    IdempotencyKeyInvalid.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def create(
        self, request: CreateSetup, key: str | None, caller: str | None = None
    ) -> WriteResult[Setup]:
        """Creates a setup, or returns the one created earlier in the account with the key."""
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            return stripe.setups.create(request, key)

    def get(self, setup_id: str, account: str | None = None) -> Setup:
        """Returns the current setup. Raises SetupNotFound."""
        check_setup_id(setup_id)
        with self._access.stripe(account) as stripe:
            return stripe.setups.get(setup_id)

    def list(self, request: ListSetups) -> SetupPage:
        """Returns a page of setups, newest first. Raises CursorInvalid.

        A Checkout Session is listed as its SetupIntent.
        """
        position = cursor.decode(request.listing, request.cursor)
        with self._access.stripe(request.account) as stripe:
            page = stripe.setups.list(request, position)
        return SetupPage(data=page.items, next_cursor=cursor.encode(request.listing, page))

    def cancel(
        self, setup_id: str, request: CancelSetup, key: str | None, caller: str | None = None
    ) -> WriteResult[Setup]:
        """Cancels a setup that has not succeeded, or expires an open Checkout Session.

        Raises SetupNotFound.
        """
        check_setup_id(setup_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            return stripe.setups.cancel(setup_id, request.reason, key)


def check_setup_id(setup_id: str) -> None:
    """Raises SetupNotFound if the text can't be the id of a setup."""
    if not _SETUP_ID.fullmatch(setup_id):
        raise SetupNotFound("there is no such setup: ids start with seti_ or cs_")
