"""`/api/v1/payments/{payment_id}/refunds` and `/api/v1/refunds`: money that goes back."""

import falcon

from paycli.models import ListRefunds, RefundPayment, Request
from paycli.payments import Payments
from server.answers import created_at, write, write_change
from server.body import read_json, read_query
from server.middleware import noted


class PaymentRefundsResource:
    """`POST` and `GET /api/v1/payments/{payment_id}/refunds`."""

    def __init__(self, payments: Payments, max_body_bytes: int) -> None:
        self._payments = payments
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response, payment_id: str) -> None:
        """Gives money back, whole or in part: 201 with the refund."""
        noted(request, payment_id=payment_id)
        wanted = read_json(request, RefundPayment, self._max_body_bytes, required=False)
        key, caller = request.get_header("Idempotency-Key"), request.context.caller
        refunded = self._payments.refund(payment_id, wanted, key, caller)
        noted(request, refund_id=refunded.made.id, reference=refunded.made.reference)
        created_at(response, f"/api/v1/refunds/{refunded.made.id}", wanted.account)
        write_change(response, refunded)

    def on_get(self, request: falcon.Request, response: falcon.Response, payment_id: str) -> None:
        """A page of the payment's refunds."""
        noted(request, payment_id=payment_id)
        write(response, self._payments.list_refunds(payment_id, read_query(request, ListRefunds)))


class RefundResource:
    """`GET /api/v1/refunds/{refund_id}`."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    def on_get(self, request: falcon.Request, response: falcon.Response, refund_id: str) -> None:
        """The refund as it is at Stripe now."""
        noted(request, refund_id=refund_id)
        account = read_query(request, Request).account
        write(response, self._payments.get_refund(refund_id, account))
