"""All use cases of internal callers."""

from paycli.payments.access import Access
from paycli.payments.accounts import Accounts
from paycli.payments.balance import Balances
from paycli.payments.customer_sessions import CustomerSessions
from paycli.payments.customers import Customers
from paycli.payments.disputes import Disputes
from paycli.payments.payment_methods import PaymentMethods
from paycli.payments.payments import Payments
from paycli.payments.payouts import Payouts
from paycli.payments.refunds import Refunds
from paycli.payments.setups import Setups
from paycli.payments.transfers import Transfers


class UseCases:
    """The use cases of each resource, on one access to Stripe."""

    def __init__(self, access: Access) -> None:
        self.accounts = Accounts(access)
        self.customers = Customers(access)
        self.customer_sessions = CustomerSessions(access)
        self.disputes = Disputes(access)
        self.payment_methods = PaymentMethods(access)
        self.balances = Balances(access)
        self.payments = Payments(access)
        self.payouts = Payouts(access)
        self.refunds = Refunds(access)
        self.setups = Setups(access)
        self.transfers = Transfers(access)
