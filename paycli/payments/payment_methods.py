"""The use cases of saved payment methods: list and detach."""

import re

from paycli.errors import PaymentMethodNotFound
from paycli.models import ListPaymentMethods, PaymentMethodPage
from paycli.payments import cursor
from paycli.payments.access import Access
from paycli.payments.customers import check_customer_id

# pm_…, and from before payment methods card_…, src_…, ba_… and others.
_PAYMENT_METHOD_ID = re.compile(r"[a-z]{2,10}_[A-Za-z0-9_]{1,250}", re.ASCII)


class PaymentMethods:
    """The use cases of saved payment methods. All methods may raise Busy and StripeFailure."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def list(self, customer_id: str, request: ListPaymentMethods) -> PaymentMethodPage:
        """Returns a page of a customer's payment methods, newest first.

        Raises CustomerNotFound, CursorInvalid.
        """
        check_customer_id(customer_id)
        listing = f"{customer_id} {request.listing}"
        position = cursor.decode(listing, request.cursor)
        with self._access.stripe(request.account) as stripe:
            page = stripe.payment_methods.list(customer_id, request, position)
        return PaymentMethodPage(data=page.items, next_cursor=cursor.encode(listing, page))

    def detach(self, customer_id: str, payment_method_id: str, account: str | None = None) -> None:
        """Detaches a payment method from its customer, so that it can no longer be charged.

        Raises CustomerNotFound, and PaymentMethodNotFound for the method of another customer:
        Stripe would detach any. https://docs.stripe.com/api/payment_methods/detach
        """
        check_customer_id(customer_id)
        if not _PAYMENT_METHOD_ID.fullmatch(payment_method_id):
            raise PaymentMethodNotFound("there is no such payment method: ids start with pm_")
        with self._access.stripe(account) as stripe:
            try:
                stripe.payment_methods.get(customer_id, payment_method_id)
            except PaymentMethodNotFound:
                stripe.customers.get(customer_id)  # Which of the two is missing?
                raise
            stripe.payment_methods.detach(payment_method_id)
