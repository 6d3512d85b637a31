"""`/api/v1/payments/{payment_id}/transfers` and `/api/v1/transfers`: shares of payments."""

import falcon

from paycli.models import CreateTransfer, ListTransfers, ReverseTransfer
from paycli.payments.transfers import Transfers
from server.api.middleware import add_log_fields
from server.api.request_body import idempotency_key, read_json, read_query
from server.api.responses import write, write_result


class TransfersResource:
    """The transfers of a payment, and the reversals of one (suffix `reversals`)."""

    def __init__(self, transfers: Transfers, max_body_bytes: int) -> None:
        self._transfers = transfers
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response, payment_id: str) -> None:
        """Transfers a part of a payment. Returns 201 with the transfer."""
        add_log_fields(request, payment_id=payment_id)
        body = read_json(request, CreateTransfer, self._max_body_bytes)
        key, caller = idempotency_key(request), request.context.caller
        created = self._transfers.create(payment_id, body, key, caller)
        transfer = created.result
        add_log_fields(request, transfer_id=transfer.id, reference=transfer.reference)
        response.status = falcon.HTTP_201
        write_result(response, created)

    def on_get(self, request: falcon.Request, response: falcon.Response, payment_id: str) -> None:
        """Lists the payment's transfers. Returns one page."""
        add_log_fields(request, payment_id=payment_id)
        write(response, self._transfers.list(payment_id, read_query(request, ListTransfers)))

    def on_post_reversals(
        self, request: falcon.Request, response: falcon.Response, transfer_id: str
    ) -> None:
        """Takes a transfer back, in full or in part. Returns 201 with the reversal."""
        add_log_fields(request, transfer_id=transfer_id)
        body = read_json(request, ReverseTransfer, self._max_body_bytes, required=False)
        key, caller = idempotency_key(request), request.context.caller
        permissions = request.context.permissions
        reversed_ = self._transfers.reverse(transfer_id, body, key, caller, permissions)
        response.status = falcon.HTTP_201
        write_result(response, reversed_)
