"""The use cases of customers: create, get, list, update and delete."""

import re

from paycli.errors import CustomerNotFound
from paycli.models import (
    CreateCustomer,
    Customer,
    CustomerPage,
    ListCustomers,
    UpdateCustomer,
    WriteResult,
)
from paycli.payments import cursor
from paycli.payments.access import Access

_CUSTOMER_ID = re.compile(r"cus_[A-Za-z0-9_]{1,250}", re.ASCII)


class Customers:
    """The use cases of customers.

    All methods may raise Busy and StripeFailure. Methods that write, except `delete`, take the
    caller's idempotency key and name (None for an unnamed caller), and may raise
    IdempotencyKeyMissing and IdempotencyKeyInvalid.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def create(
        self, request: CreateCustomer, key: str | None, caller: str | None = None
    ) -> WriteResult[Customer]:
        """Creates a customer, or returns the one created earlier in the account with the key."""
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            return stripe.customers.create(request, key)

    def get(self, customer_id: str, account: str | None = None) -> Customer:
        """Returns the current customer. Raises CustomerNotFound."""
        check_customer_id(customer_id)
        with self._access.stripe(account) as stripe:
            return stripe.customers.get(customer_id)

    def list(self, request: ListCustomers) -> CustomerPage:
        """Returns a page of customers, newest first. Raises CursorInvalid."""
        position = cursor.decode(request.listing, request.cursor)
        with self._access.stripe(request.account) as stripe:
            page = stripe.customers.list(request, position)
        return CustomerPage(data=page.items, next_cursor=cursor.encode(request.listing, page))

    def update(
        self, customer_id: str, request: UpdateCustomer, key: str | None, caller: str | None = None
    ) -> WriteResult[Customer]:
        """Updates a customer. Raises CustomerNotFound."""
        check_customer_id(customer_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            return stripe.customers.update(customer_id, request, key)

    def delete(self, customer_id: str, account: str | None = None) -> None:
        """Deletes a customer with its saved payment methods. Raises CustomerNotFound.

        https://docs.stripe.com/api/customers/delete
        """
        check_customer_id(customer_id)
        with self._access.stripe(account) as stripe:
            stripe.customers.delete(customer_id)


def check_customer_id(customer_id: str) -> None:
    """Raises CustomerNotFound if the text can't be the id of a customer."""
    if not _CUSTOMER_ID.fullmatch(customer_id):
        raise CustomerNotFound("there is no such customer: ids start with cus_")
