"""What the use cases of customers require of Stripe."""

from typing import Protocol

from paycli.models import (
    CreateCustomer,
    Customer,
    ListCustomers,
    ResultPage,
    UpdateCustomer,
    WriteResult,
)


class CustomersApi(Protocol):
    """Customers. All methods may raise StripeFailure."""

    def create(self, request: CreateCustomer, key: str) -> WriteResult[Customer]:
        """Creates the customer, or returns the one created earlier in the account with the key."""

    def get(self, customer_id: str) -> Customer:
        """Returns the current customer. Raises CustomerNotFound, also for a deleted one."""

    def list(self, request: ListCustomers, position: str | None) -> ResultPage[Customer]:
        """Returns a page of customers, from the `position` of the previous page."""

    def update(self, customer_id: str, request: UpdateCustomer, key: str) -> WriteResult[Customer]:
        """Updates only the fields that are set in the request. Raises CustomerNotFound."""

    def delete(self, customer_id: str) -> None:
        """Deletes the customer with its saved payment methods. Raises CustomerNotFound."""
