"""`/api/v1/payments/{payment_id}/refunds` and `/api/v1/refunds`: refunds of payments."""

import falcon

from paycli.models import ListRefunds, RefundPayment, RequestModel
from paycli.payments.refunds import Refunds
from server.api.middleware import add_log_fields
from server.api.request_body import idempotency_key, read_json, read_query
from server.api.responses import set_created, write, write_result


class RefundsResource:
    """The refunds of a payment, and one refund (suffix `refund`)."""

    def __init__(self, refunds: Refunds, max_body_bytes: int) -> None:
        self._refunds = refunds
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response, payment_id: str) -> None:
        """Refunds a payment, in full or in part. Returns 201 with the refund and its location."""
        add_log_fields(request, payment_id=payment_id)
        body = read_json(request, RefundPayment, self._max_body_bytes, required=False)
        key, caller = idempotency_key(request), request.context.caller
        permissions = request.context.permissions
        created = self._refunds.create(payment_id, body, key, caller, permissions)
        refund = created.result
        add_log_fields(request, refund_id=refund.id, reference=refund.reference)
        set_created(response, f"/api/v1/refunds/{refund.id}", body.account)
        write_result(response, created)

    def on_get(self, request: falcon.Request, response: falcon.Response, payment_id: str) -> None:
        """Lists the payment's refunds. Returns one page."""
        add_log_fields(request, payment_id=payment_id)
        write(response, self._refunds.list(payment_id, read_query(request, ListRefunds)))

    def on_get_refund(
        self, request: falcon.Request, response: falcon.Response, refund_id: str
    ) -> None:
        """Retrieves a refund in its current state at Stripe."""
        add_log_fields(request, refund_id=refund_id)
        account = read_query(request, RequestModel).account
        write(response, self._refunds.get(refund_id, account))
