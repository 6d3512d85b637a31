"""What a caller of the HTTP API may do, and for which accounts."""

from dataclasses import dataclass
from enum import StrEnum

from paycli.errors import AccountNotAllowed, ScopeMissing


class ApiScope(StrEnum):
    """What an operation requires; each has exactly one."""

    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"
    REFUNDS_WRITE = "refunds:write"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    PAYOUTS_READ = "payouts:read"
    DISPUTES_READ = "disputes:read"
    DISPUTES_WRITE = "disputes:write"
    TRANSFERS_WRITE = "transfers:write"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"


OWN_ACCOUNT = "self"
"""Our own account, in lists of accounts that a caller may act for."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """What one caller may do. None: everything; `accounts` has ids of accounts, or `self`."""

    scopes: frozenset[ApiScope] | None = None
    accounts: frozenset[str] | None = None

    @property
    def limits_accounts(self) -> bool:
        """Whether the caller may act for some accounts only."""
        return self.accounts is not None

    def check_scope(self, scope: ApiScope) -> None:
        """Raises ScopeMissing."""
        if self.scopes is not None and scope not in self.scopes:
            raise ScopeMissing(
                f"the caller's token lacks the scope {scope}: an operator adds it to "
                "PAYCLI_API_SCOPES",
                scope,
            )

    def check_account(self, account: str | None) -> None:
        """Checks a connected account, or our own for None. Raises AccountNotAllowed."""
        if self.accounts is None or (account or OWN_ACCOUNT) in self.accounts:
            return
        named = "our own account" if account is None else "this account"
        raise AccountNotAllowed(
            f"the caller may not act for {named}: its accounts are in PAYCLI_API_ACCOUNTS"
        )


UNRESTRICTED = Permissions()
