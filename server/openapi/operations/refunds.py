"""Operations on refunds."""

from collections.abc import Mapping
from http import HTTPStatus

from paycli import errors, models
from paycli.permissions import ApiScope
from server.openapi.operations.operation import READ, WRITE, Json, Operation
from server.openapi.operations.payments import PAYMENT_ID

_OF_PAYMENT = "/api/v1/payments/{payment_id}/refunds"
_REFUND_ID: Mapping[str, Json] = {
    "refund_id": {
        "description": "The id of a refund (`re_…` or `pyr_…`).",
        "schema": {"type": "string", "pattern": "^(re|pyr)_[A-Za-z0-9_]{1,250}$"},
        "example": "re_1Nispe2eZvKYlo2Cd31jOCgZ",
    }
}
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
        path_parameters=PAYMENT_ID,
        summary="Refund a payment",
        description="Refunds a payment, in full or in part. The refund has the payment's "
        "`reference`.",
        response=models.Refund,
        status=HTTPStatus.CREATED,
        failures=(*WRITE, errors.PaymentNotFound, errors.CheckoutWithoutPayment),
        body=models.RefundPayment,
        scope=ApiScope.REFUNDS_WRITE,
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
        path_parameters=PAYMENT_ID,
        summary="List a payment's refunds",
        description="Returns the payment's refunds, newest first.",
        response=models.RefundPage,
        failures=(
            *READ,
            errors.PaymentNotFound,
            errors.CursorInvalid,
            errors.CheckoutWithoutPayment,
        ),
        query=models.ListRefunds,
        scope=ApiScope.PAYMENTS_READ,
        response_example={"data": [_EXAMPLE], "next_cursor": None},
    ),
    Operation(
        id="getRefund",
        tag="refunds",
        method="get",
        path="/api/v1/refunds/{refund_id}",
        path_parameters=_REFUND_ID,
        summary="Retrieve a refund",
        description="Returns the refund's current state at Stripe.",
        response=models.Refund,
        failures=(*READ, errors.RefundNotFound),
        query=models.RequestModel,
        scope=ApiScope.PAYMENTS_READ,
        response_example=_EXAMPLE,
    ),
)
