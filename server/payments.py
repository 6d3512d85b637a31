"""`/api/v1/payments`: payments for internal callers."""

import falcon

from paycli.models import CreatePayment, Payment
from paycli.payments import Payments
from server.body import read_body

_MAX_LOGGED = 100
"""What a caller wrote may be as long as it likes; a log line may not."""


class PaymentsResource:
    """`POST /api/v1/payments`."""

    def __init__(self, payments: Payments, max_body_bytes: int) -> None:
        self._payments = payments
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Creates one payment for the idempotency key: 201 with the payment."""
        if (request.content_type or "").partition(";")[0].strip().lower() != falcon.MEDIA_JSON:
            raise falcon.HTTPUnsupportedMediaType(description="send Content-Type: application/json")
        wanted = CreatePayment.from_json(read_body(request, self._max_body_bytes))
        request.context.told["reference"] = wanted.reference
        created = self._payments.create(
            wanted, request.get_header("Idempotency-Key"), request.context.caller
        )
        request.context.told["payment_id"] = created.payment.id
        response.status = falcon.HTTP_201
        response.location = f"/api/v1/payments/{created.payment.id}"
        if created.replayed:
            response.set_header("Idempotent-Replayed", "true")
        _write(response, created.payment)


class PaymentResource:
    """`GET /api/v1/payments/{id}`."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    def on_get(self, request: falcon.Request, response: falcon.Response, payment_id: str) -> None:
        """The payment as it is at Stripe now."""
        request.context.told["payment_id"] = payment_id[:_MAX_LOGGED]
        _write(response, self._payments.get(payment_id))


def _write(response: falcon.Response, payment: Payment) -> None:
    response.content_type = falcon.MEDIA_JSON
    response.set_header("Cache-Control", "no-store")  # it holds a client_secret
    response.data = payment.model_dump_json().encode()
