"""`/api/v1/customers`: customers whose payment methods are saved."""

import falcon

from paycli.models import CreateCustomer, ListCustomers, RequestModel, UpdateCustomer
from paycli.payments.customers import Customers
from server.api.middleware import add_log_fields
from server.api.request_body import idempotency_key, read_json, read_query
from server.api.responses import set_created, write, write_result


class CustomersResource:
    """The collection, and one customer (suffix `customer`)."""

    def __init__(self, customers: Customers, max_body_bytes: int) -> None:
        self._customers = customers
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Creates a customer. Returns 201 with the customer and its location."""
        body = read_json(request, CreateCustomer, self._max_body_bytes)
        add_log_fields(request, reference=body.reference)
        created = self._customers.create(body, idempotency_key(request), request.context.caller)
        add_log_fields(request, customer_id=created.result.id)
        set_created(response, f"/api/v1/customers/{created.result.id}", body.account)
        write_result(response, created)

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Lists customers. Returns one page."""
        write(response, self._customers.list(read_query(request, ListCustomers)))

    def on_get_customer(
        self, request: falcon.Request, response: falcon.Response, customer_id: str
    ) -> None:
        """Retrieves a customer in its current state at Stripe."""
        add_log_fields(request, customer_id=customer_id)
        account = read_query(request, RequestModel).account
        write(response, self._customers.get(customer_id, account))

    def on_patch_customer(
        self, request: falcon.Request, response: falcon.Response, customer_id: str
    ) -> None:
        """Updates the fields that the body has."""
        add_log_fields(request, customer_id=customer_id)
        body = read_json(request, UpdateCustomer, self._max_body_bytes)
        key, caller = idempotency_key(request), request.context.caller
        write_result(response, self._customers.update(customer_id, body, key, caller))

    def on_delete_customer(
        self, request: falcon.Request, response: falcon.Response, customer_id: str
    ) -> None:
        """Deletes a customer with its saved payment methods. Returns 204."""
        add_log_fields(request, customer_id=customer_id)
        account = read_query(request, RequestModel).account
        self._customers.delete(customer_id, account)
        response.status = falcon.HTTP_204
