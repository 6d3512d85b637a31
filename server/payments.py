"""`/api/v1/payments`: payments for internal callers."""

import falcon

from paycli.models import (
    CancelPayment,
    CapturePayment,
    CreatePayment,
    ListPayments,
    Request,
    UpdatePayment,
)
from paycli.payments import Payments
from server.answers import created_at, write, write_change
from server.body import read_json, read_query
from server.middleware import noted

_KEY = "Idempotency-Key"


class PaymentsResource:
    """`POST` and `GET /api/v1/payments`."""

    def __init__(self, payments: Payments, max_body_bytes: int) -> None:
        self._payments = payments
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Creates one payment for the idempotency key: 201 with the payment."""
        wanted = read_json(request, CreatePayment, self._max_body_bytes)
        noted(request, reference=wanted.reference)
        created = self._payments.create(wanted, request.get_header(_KEY), request.context.caller)
        noted(request, payment_id=created.made.id)
        created_at(response, f"/api/v1/payments/{created.made.id}", wanted.account)
        write_change(response, created)

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """A page of payments."""
        write(response, self._payments.list(read_query(request, ListPayments)))


class PaymentResource:
    """`GET` and `PATCH /api/v1/payments/{payment_id}`."""

    def __init__(self, payments: Payments, max_body_bytes: int) -> None:
        self._payments = payments
        self._max_body_bytes = max_body_bytes

    def on_get(self, request: falcon.Request, response: falcon.Response, payment_id: str) -> None:
        """The payment as it is at Stripe now."""
        noted(request, payment_id=payment_id)
        account = read_query(request, Request).account
        write(response, self._payments.get(payment_id, account))

    def on_patch(self, request: falcon.Request, response: falcon.Response, payment_id: str) -> None:
        """Changes description and metadata."""
        noted(request, payment_id=payment_id)
        wanted = read_json(request, UpdatePayment, self._max_body_bytes)
        key, caller = request.get_header(_KEY), request.context.caller
        write_change(response, self._payments.update(payment_id, wanted, key, caller))


class CaptureResource:
    """`POST /api/v1/payments/{payment_id}/capture`."""

    def __init__(self, payments: Payments, max_body_bytes: int) -> None:
        self._payments = payments
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response, payment_id: str) -> None:
        """Takes what is reserved, or a part."""
        noted(request, payment_id=payment_id)
        wanted = read_json(request, CapturePayment, self._max_body_bytes, required=False)
        key, caller = request.get_header(_KEY), request.context.caller
        write_change(response, self._payments.capture(payment_id, wanted, key, caller))


class CancelResource:
    """`POST /api/v1/payments/{payment_id}/cancel`."""

    def __init__(self, payments: Payments, max_body_bytes: int) -> None:
        self._payments = payments
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response, payment_id: str) -> None:
        """Ends a payment that has not succeeded."""
        noted(request, payment_id=payment_id)
        wanted = read_json(request, CancelPayment, self._max_body_bytes, required=False)
        key, caller = request.get_header(_KEY), request.context.caller
        write_change(response, self._payments.cancel(payment_id, wanted, key, caller))
