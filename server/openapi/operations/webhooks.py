"""The operation that Stripe calls."""

from paycli import errors
from paycli.routes import WEBHOOK_PATH
from paycli.webhooks.signature import SignatureInvalid
from server.openapi.http_models import StripeEventRequest, StripeEventResponse
from server.openapi.operations.operation import ANY, Operation

OPERATIONS = (
    Operation(
        id="receiveStripeEvent",
        tag="webhooks",
        method="post",
        path=WEBHOOK_PATH,
        summary="Receive a Stripe event",
        description="Stripe's webhook. Returns 200 after Kafka has acknowledged the record. Stripe "
        "redelivers the event after any other response.",
        response=StripeEventResponse,
        failures=(
            SignatureInvalid,
            errors.NotAStripeEvent,
            errors.ModeMismatch,
            errors.BodyTooLarge,
            errors.NotPersisted,
            errors.BrokerUnreachable,
            errors.TooManyWebhooks,
            errors.TopicMissing,
            errors.RecordTooLarge,
            *ANY,
        ),
        body=StripeEventRequest,
        body_required=True,
        signed=True,
        response_example={"event_id": "evt_1NG8Du2eZvKYlo2CUI79vXWy", "outcome": "published"},
    ),
)
