"""Customers at Stripe."""

from functools import partial
from typing import Literal

from pydantic import Field, RootModel

from paycli import errors
from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.objects import ApiObject, ObjectList, StripeModel
from paycli.adapters.stripe.params import Params, reference_metadata, without_none
from paycli.adapters.stripe.search import quoted, search_page
from paycli.models import (
    CreateCustomer,
    Customer,
    ListCustomers,
    ResultPage,
    UpdateCustomer,
    WriteResult,
)

_CUSTOMERS = "/v1/customers"


class CustomerObject(ApiObject):
    """https://docs.stripe.com/api/customers/object."""

    name: str | None = Field(default=None, repr=False)
    email: str | None = Field(default=None, repr=False)
    phone: str | None = Field(default=None, repr=False)
    livemode: bool

    def to_customer(self) -> Customer:
        """Converts it to our model."""
        return Customer(
            id=self.id,
            name=self.name,
            email=self.email,
            phone=self.phone,
            reference=self.reference,
            metadata=self.caller_metadata,
            livemode=self.livemode,
            created_at=self.created,
        )


class DeletedCustomer(StripeModel):
    """What Stripe returns for a customer that has been deleted."""

    deleted: Literal[True]


class CustomerResponse(RootModel[DeletedCustomer | CustomerObject]):
    """https://docs.stripe.com/api/customers/retrieve."""


class StripeCustomers:
    """Implements `paycli.payments.gateway.customers.CustomersApi`; callers validate ids."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def create(self, request: CreateCustomer, key: str) -> WriteResult[Customer]:
        """https://docs.stripe.com/api/customers/create."""
        metadata = {**request.metadata, **reference_metadata(request.reference)}
        params = without_none(
            name=request.name,
            email=request.email,
            phone=request.phone,
            metadata=metadata or None,
        )
        response = self._calls.post(CustomerObject, _CUSTOMERS, params, key)
        return WriteResult(response.data.to_customer(), response.replayed)

    def get(self, customer_id: str) -> Customer:
        """Returns the current customer. Raises CustomerNotFound, also for a deleted one."""
        path = f"{_CUSTOMERS}/{customer_id}"
        found = self._calls.get(CustomerResponse, path, missing=errors.CustomerNotFound).root
        if isinstance(found, DeletedCustomer):
            raise errors.CustomerNotFound("this customer was deleted")
        return found.to_customer()

    def list(self, request: ListCustomers, position: str | None) -> ResultPage[Customer]:
        """Returns a page of customers from Stripe's list, or its search by reference.

        Stripe's list compares email addresses exactly, and has no filter for metadata.
        https://docs.stripe.com/api/customers/list
        """
        kind = ObjectList[CustomerObject]
        if request.reference is None:
            params = without_none(email=request.email, limit=request.limit, starting_after=position)
            found = self._calls.get(kind, _CUSTOMERS, params)
            page = ResultPage(tuple(found.data), found.position)
        else:
            query = f"metadata['reference']:{quoted(request.reference)}"
            params = without_none(query=query, limit=request.limit, page=position)
            matches = partial(_matches, request)
            page = search_page(self._calls, kind, f"{_CUSTOMERS}/search", params, matches)
        return ResultPage(tuple(each.to_customer() for each in page.items), page.position)

    def update(self, customer_id: str, request: UpdateCustomer, key: str) -> WriteResult[Customer]:
        """https://docs.stripe.com/api/customers/update; an empty string unsets a value."""
        response = self._calls.post(
            CustomerObject,
            f"{_CUSTOMERS}/{customer_id}",
            _update_params(request),
            key,
            missing=errors.CustomerNotFound,
        )
        return WriteResult(response.data.to_customer(), response.replayed)

    def delete(self, customer_id: str) -> None:
        """https://docs.stripe.com/api/customers/delete."""
        path = f"{_CUSTOMERS}/{customer_id}"
        self._calls.delete(DeletedCustomer, path, missing=errors.CustomerNotFound)


def _matches(request: ListCustomers, customer: CustomerObject) -> bool:
    """Whether reference and email address are exactly the requested ones."""
    return customer.reference == request.reference and request.email in (None, customer.email)


def _update_params(request: UpdateCustomer) -> Params:
    changes = request.model_fields_set
    params: Params = {
        name: getattr(request, name) or "" for name in ("name", "email", "phone") if name in changes
    }
    metadata = {key: value or "" for key, value in request.metadata.items()}
    if "reference" in changes:
        metadata["reference"] = request.reference or ""
    if metadata:
        params["metadata"] = metadata
    return params
