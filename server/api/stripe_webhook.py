"""`POST /api/v1/stripe/events`: Stripe's webhook. Returns 2xx only once Kafka has acknowledged."""

import falcon
from pydantic_core import to_json

from paycli.webhooks.ingest import Webhooks
from server.api.request_body import read_body


class StripeEventsResource:
    """Receives events, authenticated by `Stripe-Signature` alone."""

    def __init__(self, webhooks: Webhooks, max_body_bytes: int) -> None:
        self._webhooks = webhooks
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Returns 200 with the event's id and outcome; after any other status Stripe redelivers."""
        result = self._webhooks.ingest(
            read_body(request, self._max_body_bytes),
            request.get_header("Stripe-Signature"),
            request.get_header("traceparent"),
        )
        request.context.ingest_result = result
        request.context.log_fields |= {
            "event_id": result.event_id,
            "event_type": result.event_type,
            "outcome": result.outcome,
            "kafka_ms": round(result.publish_seconds * 1000, 2),
        }
        response.data = to_json({"event_id": result.event_id, "outcome": result.outcome})
