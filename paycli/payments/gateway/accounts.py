"""What the use cases of connected accounts require of Stripe."""

from typing import Protocol

from paycli.models import Account, AccountLink, CreateAccount, CreateAccountLink, WriteResult


class AccountsApi(Protocol):
    """Connected accounts. All methods may raise StripeFailure."""

    def create(self, request: CreateAccount, key: str) -> WriteResult[Account]:
        """Creates the account, or returns the one created earlier with the key."""

    def get(self, account_id: str) -> Account:
        """Returns the current account. Raises AccountNotFound."""

    def create_link(
        self, account_id: str, request: CreateAccountLink, key: str
    ) -> WriteResult[AccountLink]:
        """Creates a link to Stripe's form. Raises AccountNotFound."""
