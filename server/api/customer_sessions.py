"""`/api/v1/customers/{customer_id}/sessions`: the payment form of returning customers."""

import falcon

from paycli.models import CreateCustomerSession
from paycli.payments.customer_sessions import CustomerSessions
from server.api.middleware import add_log_fields
from server.api.request_body import idempotency_key, read_json
from server.api.responses import write_result


class CustomerSessionsResource:
    """The sessions of a customer, which cannot be retrieved."""

    def __init__(self, customer_sessions: CustomerSessions, max_body_bytes: int) -> None:
        self._customer_sessions = customer_sessions
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response, customer_id: str) -> None:
        """Creates a session. Returns 201, without a location: it has no URL."""
        add_log_fields(request, customer_id=customer_id)
        body = read_json(request, CreateCustomerSession, self._max_body_bytes, required=False)
        key, caller = idempotency_key(request), request.context.caller
        created = self._customer_sessions.create(customer_id, body, key, caller)
        response.status = falcon.HTTP_201
        write_result(response, created)
