"""The use cases of connected accounts: create, get and link."""

import re

from paycli.errors import AccountNotFound
from paycli.models import Account, AccountLink, CreateAccount, CreateAccountLink, WriteResult
from paycli.payments.access import Access

_ACCOUNT_ID = re.compile(r"acct_[A-Za-z0-9]{1,250}", re.ASCII)


class Accounts:
    """The use cases of connected accounts, the hosts of a marketplace.

    All methods may raise Busy and StripeFailure. Methods that write take the caller's idempotency
    key and name (None for an unnamed caller), and may raise IdempotencyKeyMissing and
    IdempotencyKeyInvalid.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def create(
        self, request: CreateAccount, key: str | None, caller: str | None = None
    ) -> WriteResult[Account]:
        """Creates a connected account, or returns the one created earlier with the key."""
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            return stripe.accounts.create(request, key)

    def get(self, account_id: str, account: str | None = None) -> Account:
        """Returns the current connected account. Raises AccountNotFound."""
        _check_account_id(account_id)
        with self._access.stripe(account) as stripe:
            return stripe.accounts.get(account_id)

    def create_link(
        self,
        account_id: str,
        request: CreateAccountLink,
        key: str | None,
        caller: str | None = None,
    ) -> WriteResult[AccountLink]:
        """Creates a link to Stripe's onboarding. Raises AccountNotFound.

        https://docs.stripe.com/api/account_links
        """
        _check_account_id(account_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            return stripe.accounts.create_link(account_id, request, key)


def _check_account_id(account_id: str) -> None:
    if not _ACCOUNT_ID.fullmatch(account_id):
        raise AccountNotFound("there is no such account: ids start with acct_")
