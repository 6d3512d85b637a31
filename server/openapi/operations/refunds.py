"""Operations on refunds."""

from http import HTTPStatus

from paycli import errors, models
from server.openapi.operations.operation import READ, WRITE, Json, Operation

_OF_PAYMENT = "/api/v1/payments/{payment_id}/refunds"
_EXAMPLE: Json = {
    "id": "re_1Nispe2eZvKYlo2Cd31jOCgZ",
    "status": "succeeded",
    "amount": 500,
    "currency": "eur",
    "payment_id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "reference": "booking-42",
    "reason": "requested_by_customer",
    "failure_reason": None,
    "created_at": "2026-02-01T08:30:00Z",
}

OPERATIONS = (
    Operation(
        id="refundPayment",
        tag="refunds",
        method="post",
        path=_OF_PAYMENT,
        summary="Refund a payment",
        description="Refunds a payment, in full or in part. The refund has the payment's "
        "`reference`.",
        response=models.Refund,
        status=HTTPStatus.CREATED,
        failures=(*WRITE, errors.CheckoutWithoutPayment),
        body=models.RefundPayment,
        security="bearer",
        links={"refund_id": ("getRefund",)},
        request_examples={
            "full": {},
            "partial": {"amount": 500, "reason": "requested_by_customer"},
        },
        response_example=_EXAMPLE,
    ),
    Operation(
        id="listRefunds",
        tag="refunds",
        method="get",
        path=_OF_PAYMENT,
        summary="List a payment's refunds",
        description="Returns the payment's refunds, newest first.",
        response=models.RefundPage,
        failures=(*READ, errors.CursorInvalid, errors.CheckoutWithoutPayment),
        query=models.ListRefunds,
        security="bearer",
        response_example={"data": [_EXAMPLE], "next_cursor": None},
    ),
    Operation(
        id="getRefund",
        tag="refunds",
        method="get",
        path="/api/v1/refunds/{refund_id}",
        summary="Retrieve a refund",
        description="Returns the refund's current state at Stripe.",
        response=models.Refund,
        failures=(*READ, errors.RefundNotFound),
        query=models.RequestModel,
        security="bearer",
        response_example=_EXAMPLE,
    ),
)
