"""`/api/v1/disputes`: disputes of payments, and the responses to them."""

import falcon

from paycli.models import AcceptDispute, ListDisputes, RequestModel, RespondToDispute
from paycli.payments.disputes import Disputes
from server.api.middleware import add_log_fields
from server.api.request_body import idempotency_key, read_json, read_query
from server.api.responses import write, write_result


class DisputesResource:
    """The collection, one dispute (suffix `dispute`), `evidence` and `accept`."""

    def __init__(self, disputes: Disputes, max_body_bytes: int) -> None:
        self._disputes = disputes
        self._max_body_bytes = max_body_bytes

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Lists disputes. Returns one page."""
        query = read_query(request, ListDisputes)
        add_log_fields(request, payment_id=query.payment)
        write(response, self._disputes.list(query))

    def on_get_dispute(
        self, request: falcon.Request, response: falcon.Response, dispute_id: str
    ) -> None:
        """Retrieves a dispute in its current state at Stripe."""
        add_log_fields(request, dispute_id=dispute_id)
        account = read_query(request, RequestModel).account
        write(response, self._disputes.get(dispute_id, account))

    def on_post_evidence(
        self, request: falcon.Request, response: falcon.Response, dispute_id: str
    ) -> None:
        """Stages or submits evidence."""
        add_log_fields(request, dispute_id=dispute_id)
        body = read_json(request, RespondToDispute, self._max_body_bytes)
        key, caller = idempotency_key(request), request.context.caller
        write_result(response, self._disputes.respond(dispute_id, body, key, caller))

    def on_post_accept(
        self, request: falcon.Request, response: falcon.Response, dispute_id: str
    ) -> None:
        """Accepts a dispute as lost."""
        add_log_fields(request, dispute_id=dispute_id)
        body = read_json(request, AcceptDispute, self._max_body_bytes, required=False)
        key, caller = idempotency_key(request), request.context.caller
        write_result(response, self._disputes.accept(dispute_id, body, key, caller))
