"""Connected accounts at Stripe."""

from pydantic import Field

from paycli import errors
from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.objects import ApiObject, StripeModel
from paycli.adapters.stripe.params import Params, reference_metadata, without_none
from paycli.models import Account, AccountLink, CreateAccount, CreateAccountLink, WriteResult
from paycli.models.fields import UnixTime

_ACCOUNTS = "/v1/accounts"
_LINKS = "/v1/account_links"
_CONTROLLER: Params = {
    "fees": {"payer": "application"},
    "losses": {"payments": "application"},
    "stripe_dashboard": {"type": "express"},
}
"""The platform pays Stripe's fees and answers for losses; Stripe collects what it requires.

https://docs.stripe.com/connect/marketplace/tasks/onboard"""
_CAPABILITIES: Params = {
    "card_payments": {"requested": True},
    "transfers": {"requested": True},
}


class RequirementsObject(StripeModel):
    """https://docs.stripe.com/api/accounts/object#account_object-requirements."""

    currently_due: list[str] | None = None


class AccountObject(ApiObject):
    """https://docs.stripe.com/api/accounts/object."""

    country: str | None = None
    email: str | None = Field(default=None, repr=False)
    business_type: str | None = None
    charges_enabled: bool
    payouts_enabled: bool
    requirements: RequirementsObject | None = None

    def to_account(self) -> Account:
        """Converts it to our model."""
        due = self.requirements.currently_due if self.requirements else None
        return Account(
            id=self.id,
            country=self.country,
            email=self.email,
            business_type=self.business_type,
            charges_enabled=self.charges_enabled,
            payouts_enabled=self.payouts_enabled,
            requirements_due=tuple(due or ()),
            reference=self.reference,
            metadata=self.caller_metadata,
            created_at=self.created,
        )


class AccountLinkObject(StripeModel):
    """https://docs.stripe.com/api/account_links/object."""

    url: str = Field(repr=False)
    expires_at: UnixTime


class StripeAccounts:
    """Implements `paycli.payments.gateway.accounts.AccountsApi`; callers validate ids."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def create(self, request: CreateAccount, key: str) -> WriteResult[Account]:
        """https://docs.stripe.com/api/accounts/create."""
        metadata = {**request.metadata, **reference_metadata(request.reference)}
        params = without_none(
            country=request.country,
            email=request.email,
            business_type=request.business_type,
            controller=_CONTROLLER,
            capabilities=_CAPABILITIES,
            metadata=metadata or None,
        )
        response = self._calls.post(AccountObject, _ACCOUNTS, params, key)
        return WriteResult(response.data.to_account(), response.replayed)

    def get(self, account_id: str) -> Account:
        """https://docs.stripe.com/api/accounts/retrieve."""
        path = f"{_ACCOUNTS}/{account_id}"
        try:
            return self._calls.get(AccountObject, path, missing=errors.AccountNotFound).to_account()
        except errors.AccountRefused as error:
            # Stripe's response is the same for an account of others and for none.
            raise errors.AccountNotFound(error.detail) from error

    def create_link(
        self, account_id: str, request: CreateAccountLink, key: str
    ) -> WriteResult[AccountLink]:
        """https://docs.stripe.com/api/account_links/create."""
        params: Params = {
            "account": account_id,
            "type": f"account_{request.type}",
            "refresh_url": request.refresh_url,
            "return_url": request.return_url,
        }
        missing = errors.AccountNotFound
        response = self._calls.post(AccountLinkObject, _LINKS, params, key, missing=missing)
        link = AccountLink(url=response.data.url, expires_at=response.data.expires_at)
        return WriteResult(link, response.replayed)
