"""The entry to Stripe: opens an account for one request, within one deadline."""

import time
from collections.abc import Callable

from paycli.adapters.stripe.accounts import StripeAccounts
from paycli.adapters.stripe.balance import StripeBalance
from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.curl_client import CurlClient
from paycli.adapters.stripe.customer_sessions import StripeCustomerSessions
from paycli.adapters.stripe.customers import StripeCustomers
from paycli.adapters.stripe.disputes import StripeDisputes
from paycli.adapters.stripe.endpoints import StripeEndpoints
from paycli.adapters.stripe.events import StripeEvents
from paycli.adapters.stripe.payment_methods import StripePaymentMethods
from paycli.adapters.stripe.payments import StripePayments
from paycli.adapters.stripe.payouts import StripePayouts
from paycli.adapters.stripe.refunds import StripeRefunds
from paycli.adapters.stripe.sdk import stripe
from paycli.adapters.stripe.setups import StripeSetups
from paycli.adapters.stripe.transfers import StripeTransfers
from paycli.settings import StripeSettings
from paycli.tracing import NO_TRACER, Tracer

API_VERSION = "2026-10-28.endive"
"""Pinned: Stripe's responses change only when this does. https://docs.stripe.com/api/versioning"""


class StripeAccount:
    """Stripe's resources for one account and one deadline. Each call may raise StripeFailure."""

    api_version = API_VERSION

    def __init__(self, calls: StripeCalls) -> None:
        self.accounts = StripeAccounts(calls)
        self.balance = StripeBalance(calls)
        self.customers = StripeCustomers(calls)
        self.customer_sessions = StripeCustomerSessions(calls)
        self.disputes = StripeDisputes(calls)
        self.payment_methods = StripePaymentMethods(calls)
        self.payments = StripePayments(calls)
        self.payouts = StripePayouts(calls)
        self.refunds = StripeRefunds(calls)
        self.setups = StripeSetups(calls)
        self.transfers = StripeTransfers(calls)
        self.events = StripeEvents(calls)
        self.endpoints = StripeEndpoints(calls)


class StripeGateway:
    """Implements `paycli.payments.gateway.Gateway`. Safe to share between threads.

    `on_call` is called after each attempt with its outcome, `ok` or an error's code, and its
    duration in seconds.
    """

    def __init__(
        self,
        settings: StripeSettings,
        on_call: Callable[[str, float], None] = lambda _outcome, _seconds: None,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._tracer = tracer
        self._on_call = on_call
        self._timeout_seconds = settings.timeout_seconds
        self._http = CurlClient()
        self._client = stripe.StripeClient(
            settings.api_key.get_secret_value(),
            stripe_version=API_VERSION,
            base_addresses={"api": settings.api_base.rstrip("/")},
            http_client=self._http,
            # The SDK's own retries don't respect a total deadline.
            max_network_retries=0,
        )

    def open(self, account: str | None) -> StripeAccount:
        """Starts the deadline; `account` is a connected account, None for our own."""
        deadline = time.monotonic() + self._timeout_seconds
        calls = StripeCalls(
            self._client, self._http, self._on_call, self._tracer, deadline, account
        )
        return StripeAccount(calls)
