"""Every operation of the HTTP interface: what it takes, what it answers, how it can fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import BaseModel

from paycli import errors, models
from paycli.routes import WEBHOOK_PATH
from paycli.webhooks.signature import SignatureInvalid
from server.openapi import shapes

Failures = tuple[type[errors.PaycliError] | HTTPStatus, ...]

_ANY: Failures = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.NOT_IMPLEMENTED,
)
_READING: Failures = (
    errors.Unauthorized,
    errors.FieldsInvalid,
    errors.Busy,
    errors.RequestRefused,
    errors.PaymentNotFound,
    errors.AccountRefused,
    errors.RateLimited,
    errors.StripeUnavailable,
    errors.StripeCredentialsRefused,
    errors.StripeTimeout,
    *_ANY,
)
_WRITING: Failures = (
    *_READING,
    errors.BodyTooLarge,
    errors.BodyNotJson,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.IdempotencyKeyMissing,
    errors.IdempotencyKeyInvalid,
    errors.IdempotencyKeyReused,
    errors.IdempotencyKeyInUse,
    errors.CardRefused,
    errors.StripeOutcomeUnknown,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    `query` and `body` are the models of what is taken, `answer` of what comes back with `status`;
    `failures` the errors: ours by class, HTTP's own by status. `security` names the scheme.
    `links` are the operations that go on with the id that is answered, by that parameter.
    """

    id: str
    method: str
    path: str
    summary: str
    answer: type[BaseModel]
    failures: Failures
    status: HTTPStatus = HTTPStatus.OK
    media_type: str = "application/json"
    description: str = ""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_required: bool = False
    security: str | None = None
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether it needs an idempotency key."""
        return errors.IdempotencyKeyMissing in self.failures


_PAYMENTS = "/api/v1/payments"
_PAYMENT = f"{_PAYMENTS}/{{payment_id}}"

OPERATIONS = (
    Operation(
        id="createPayment",
        method="post",
        path=_PAYMENTS,
        summary="Create a payment",
        description="Makes one payment for the idempotency key, however often it is sent: a "
        "PaymentIntent for your own page, or a Checkout Session on Stripe's.",
        answer=models.Payment,
        status=HTTPStatus.CREATED,
        failures=_WRITING,
        body=models.CreatePayment,
        body_required=True,
        security="bearer",
        links={
            "payment_id": (
                *("getPayment", "updatePayment", "capturePayment", "cancelPayment"),
                *("refundPayment", "listRefunds"),
            )
        },
    ),
    Operation(
        id="listPayments",
        method="get",
        path=_PAYMENTS,
        summary="List payments",
        description="Newest first. With `reference` or `status` Stripe's search answers, which is "
        "up to a minute behind; without, its list, which is not.",
        answer=models.PaymentPage,
        failures=(*_READING, errors.CursorInvalid),
        query=models.ListPayments,
        security="bearer",
    ),
    Operation(
        id="getPayment",
        method="get",
        path=_PAYMENT,
        summary="Look up a payment",
        description="The state at Stripe now.",
        answer=models.Payment,
        failures=_READING,
        query=models.RequestModel,
        security="bearer",
    ),
    Operation(
        id="updatePayment",
        method="patch",
        path=_PAYMENT,
        summary="Change description and metadata",
        description="What is absent stays. A Checkout Session has metadata of its own and no "
        "description.",
        answer=models.Payment,
        failures=_WRITING,
        body=models.UpdatePayment,
        body_required=True,
        security="bearer",
    ),
    Operation(
        id="capturePayment",
        method="post",
        path=f"{_PAYMENT}/capture",
        summary="Take money that is reserved",
        description="For payments with `capture_method` `manual`, once: whole, or a part, and the "
        "rest is released. Of a checkout its payment is captured, and answered.",
        answer=models.Payment,
        failures=(*_WRITING, errors.CheckoutWithoutPayment),
        body=models.CapturePayment,
        security="bearer",
    ),
    Operation(
        id="cancelPayment",
        method="post",
        path=f"{_PAYMENT}/cancel",
        summary="End a payment that has not succeeded",
        description="Money that is reserved is released. A checkout that nobody has paid is "
        "expired; of one that is complete its payment is cancelled, and answered.",
        answer=models.Payment,
        failures=(*_WRITING, errors.CheckoutWithoutPayment),
        body=models.CancelPayment,
        security="bearer",
    ),
    Operation(
        id="refundPayment",
        method="post",
        path=f"{_PAYMENT}/refunds",
        summary="Give money back",
        description="Whole, or in parts. The refund gets the payment's `reference`.",
        answer=models.Refund,
        status=HTTPStatus.CREATED,
        failures=(*_WRITING, errors.CheckoutWithoutPayment),
        body=models.RefundPayment,
        security="bearer",
        links={"refund_id": ("getRefund",)},
    ),
    Operation(
        id="listRefunds",
        method="get",
        path=f"{_PAYMENT}/refunds",
        summary="List the refunds of a payment",
        description="Newest first.",
        answer=models.RefundPage,
        failures=(*_READING, errors.CursorInvalid, errors.CheckoutWithoutPayment),
        query=models.ListRefunds,
        security="bearer",
    ),
    Operation(
        id="getRefund",
        method="get",
        path="/api/v1/refunds/{refund_id}",
        summary="Look up a refund",
        description="The state at Stripe now.",
        answer=models.Refund,
        failures=(*_READING, errors.RefundNotFound),
        query=models.RequestModel,
        security="bearer",
    ),
    Operation(
        id="receiveStripeEvent",
        method="post",
        path=WEBHOOK_PATH,
        summary="Stripe's webhook",
        description="200 only after Kafka has persisted the record; Stripe delivers anything else "
        "again.",
        answer=shapes.Receipt,
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
            *_ANY,
        ),
        body=shapes.StripeEvent,
        body_required=True,
        security="signature",
    ),
    Operation(
        id="getHealth",
        method="get",
        path="/healthz",
        summary="Whether the process answers and takes in acknowledgements",
        description="503 with the same body when only a restart helps.",
        answer=shapes.Health,
        failures=_ANY,
    ),
    Operation(
        id="getReadiness",
        method="get",
        path="/readyz",
        summary="Whether the daemon wants traffic",
        description="503 with the same body until Kafka has answered a first time, and while "
        "draining.",
        answer=shapes.Readiness,
        failures=_ANY,
    ),
    Operation(
        id="getMetrics",
        method="get",
        path="/metrics",
        summary="Metrics of all processes, for Prometheus",
        answer=shapes.Metrics,
        media_type="text/plain",
        failures=_ANY,
    ),
    Operation(
        id="getActuatorHealth",
        method="get",
        path="/actuator/health",
        summary="Readiness in Spring's words",
        description="503 with the same body where `/readyz` is 503.",
        answer=shapes.ActuatorHealth,
        failures=_ANY,
    ),
    Operation(
        id="getActuatorInfo",
        method="get",
        path="/actuator/info",
        summary="Name and version in Spring's words",
        answer=shapes.ActuatorInfo,
        failures=_ANY,
    ),
    Operation(
        id="getOpenapi",
        method="get",
        path="/openapi.json",
        summary="This document",
        answer=shapes.Document,
        failures=_ANY,
    ),
)
"""The one list; a route of the application that is not in it turns a test red."""
