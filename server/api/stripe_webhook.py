"""`POST /api/v1/stripe/events`: Stripe's webhook. 2xx only after the broker has persisted."""

import falcon
from pydantic_core import to_json

from paycli.webhooks.ingest import Webhooks
from server.api.request_body import read_body


class StripeEventsResource:
    """Authenticated by `Stripe-Signature` alone."""

    def __init__(self, webhooks: Webhooks, max_body_bytes: int) -> None:
        self._webhooks = webhooks
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """200 with the event's id and outcome; anything else and Stripe delivers again."""
        receipt = self._webhooks.ingest(
            read_body(request, self._max_body_bytes),
            request.get_header("Stripe-Signature"),
            request.get_header("traceparent"),
        )
        request.context.receipt = receipt
        request.context.log_fields |= {
            "event_id": receipt.event_id,
            "event_type": receipt.event_type,
            "outcome": receipt.outcome,
            "kafka_ms": round(receipt.publish_seconds * 1000, 2),
        }
        answer = {"event_id": receipt.event_id, "outcome": receipt.outcome}
        response.data = to_json(answer)
