"""All use cases of internal callers."""

from paycli.payments.access import Access
from paycli.payments.customers import Customers
from paycli.payments.payments import Payments
from paycli.payments.refunds import Refunds


class UseCases:
    """The use cases of each resource, on one access to Stripe."""

    def __init__(self, access: Access) -> None:
        self.customers = Customers(access)
        self.payments = Payments(access)
        self.refunds = Refunds(access)
