"""The interface to Stripe that the use cases require, one module for each resource.

`paycli.adapters.stripe` implements it.
"""

from typing import Protocol

from paycli.payments.gateway.accounts import AccountsApi
from paycli.payments.gateway.balance import BalanceApi
from paycli.payments.gateway.customer_sessions import CustomerSessionsApi
from paycli.payments.gateway.customers import CustomersApi
from paycli.payments.gateway.disputes import DisputesApi
from paycli.payments.gateway.payment_methods import PaymentMethodsApi
from paycli.payments.gateway.payments import PaymentsApi
from paycli.payments.gateway.payouts import PayoutsApi
from paycli.payments.gateway.refunds import RefundsApi
from paycli.payments.gateway.setups import SetupsApi
from paycli.payments.gateway.transfers import TransfersApi


class StripeApi(Protocol):
    """Stripe for one request: all calls use the same account and share one deadline."""

    @property
    def accounts(self) -> AccountsApi:
        """Connected accounts."""

    @property
    def balance(self) -> BalanceApi:
        """The balance of the account."""

    @property
    def customers(self) -> CustomersApi:
        """Customers."""

    @property
    def customer_sessions(self) -> CustomerSessionsApi:
        """Customer sessions."""

    @property
    def disputes(self) -> DisputesApi:
        """Disputes."""

    @property
    def payment_methods(self) -> PaymentMethodsApi:
        """Saved payment methods."""

    @property
    def payments(self) -> PaymentsApi:
        """PaymentIntents and Checkout Sessions."""

    @property
    def payouts(self) -> PayoutsApi:
        """Payouts to a bank account."""

    @property
    def refunds(self) -> RefundsApi:
        """Refunds."""

    @property
    def setups(self) -> SetupsApi:
        """SetupIntents, and Checkout Sessions that save a card."""

    @property
    def transfers(self) -> TransfersApi:
        """Transfers to connected accounts."""


class Gateway(Protocol):
    """Opens Stripe for one request."""

    def open(self, account: str | None) -> StripeApi:
        """Starts the deadline and returns Stripe; `account` is a connected account or None."""
