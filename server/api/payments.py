"""`/api/v1/payments`: payments of internal callers."""

import falcon

from paycli.models import (
    CancelPayment,
    CapturePayment,
    CreatePayment,
    GetPayment,
    IncrementPayment,
    ListPayments,
    UpdatePayment,
)
from paycli.payments.payments import Payments
from server.api.middleware import add_log_fields
from server.api.request_body import idempotency_key, read_json, read_query
from server.api.responses import set_created, write, write_result


class PaymentsResource:
    """The collection, one payment (suffix `payment`), and its actions (suffix: their name)."""

    def __init__(self, payments: Payments, max_body_bytes: int) -> None:
        self._payments = payments
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Creates a payment. Returns 201 with the payment and its location."""
        body = read_json(request, CreatePayment, self._max_body_bytes)
        add_log_fields(request, reference=body.reference)
        created = self._payments.create(body, idempotency_key(request), request.context.caller)
        add_log_fields(request, payment_id=created.result.id)
        set_created(response, f"/api/v1/payments/{created.result.id}", body.account)
        write_result(response, created)

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Lists payments. Returns one page."""
        write(response, self._payments.list(read_query(request, ListPayments)))

    def on_get_payment(
        self, request: falcon.Request, response: falcon.Response, payment_id: str
    ) -> None:
        """Retrieves a payment in its current state at Stripe."""
        add_log_fields(request, payment_id=payment_id)
        query = read_query(request, GetPayment)
        write(response, self._payments.get(payment_id, query.account, query.include))

    def on_patch_payment(
        self, request: falcon.Request, response: falcon.Response, payment_id: str
    ) -> None:
        """Updates the amount, description and metadata."""
        add_log_fields(request, payment_id=payment_id)
        body = read_json(request, UpdatePayment, self._max_body_bytes)
        key, caller = idempotency_key(request), request.context.caller
        permissions = request.context.permissions
        write_result(response, self._payments.update(payment_id, body, key, caller, permissions))

    def on_post_increment(
        self, request: falcon.Request, response: falcon.Response, payment_id: str
    ) -> None:
        """Increases the held amount."""
        add_log_fields(request, payment_id=payment_id)
        body = read_json(request, IncrementPayment, self._max_body_bytes)
        key, caller = idempotency_key(request), request.context.caller
        permissions = request.context.permissions
        write_result(response, self._payments.increment(payment_id, body, key, caller, permissions))

    def on_post_capture(
        self, request: falcon.Request, response: falcon.Response, payment_id: str
    ) -> None:
        """Captures an authorized payment, in full or in part."""
        add_log_fields(request, payment_id=payment_id)
        body = read_json(request, CapturePayment, self._max_body_bytes, required=False)
        key, caller = idempotency_key(request), request.context.caller
        permissions = request.context.permissions
        write_result(response, self._payments.capture(payment_id, body, key, caller, permissions))

    def on_post_cancel(
        self, request: falcon.Request, response: falcon.Response, payment_id: str
    ) -> None:
        """Cancels a payment that has not succeeded."""
        add_log_fields(request, payment_id=payment_id)
        body = read_json(request, CancelPayment, self._max_body_bytes, required=False)
        key, caller = idempotency_key(request), request.context.caller
        permissions = request.context.permissions
        write_result(response, self._payments.cancel(payment_id, body, key, caller, permissions))
