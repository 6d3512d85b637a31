"""`/api/v1/customers/{customer_id}/payment-methods`: saved payment methods of a customer."""

import falcon

from paycli.models import ListPaymentMethods, RequestModel
from paycli.payments.payment_methods import PaymentMethods
from server.api.middleware import add_log_fields
from server.api.request_body import read_query
from server.api.responses import write


class PaymentMethodsResource:
    """The payment methods of a customer, and one of them (suffix `payment_method`)."""

    def __init__(self, payment_methods: PaymentMethods) -> None:
        self._payment_methods = payment_methods

    def on_get(self, request: falcon.Request, response: falcon.Response, customer_id: str) -> None:
        """Lists a customer's payment methods. Returns one page."""
        add_log_fields(request, customer_id=customer_id)
        query = read_query(request, ListPaymentMethods)
        write(response, self._payment_methods.list(customer_id, query))

    def on_delete_payment_method(
        self,
        request: falcon.Request,
        response: falcon.Response,
        customer_id: str,
        payment_method_id: str,
    ) -> None:
        """Detaches a payment method from its customer. Returns 204."""
        add_log_fields(request, customer_id=customer_id, payment_method_id=payment_method_id)
        account = read_query(request, RequestModel).account
        self._payment_methods.detach(customer_id, payment_method_id, account)
        response.status = falcon.HTTP_204
