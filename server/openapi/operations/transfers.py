"""Operations on transfers."""

from collections.abc import Mapping
from http import HTTPStatus

from paycli import errors, models
from paycli.permissions import ApiScope
from server.openapi.operations.operation import READ, WRITE, Json, Operation
from server.openapi.operations.payments import PAYMENT_ID

_OF_PAYMENT = "/api/v1/payments/{payment_id}/transfers"
_TRANSFER_ID: Mapping[str, Json] = {
    "transfer_id": {
        "description": "The id of a transfer (`tr_…`).",
        "schema": {"type": "string", "pattern": "^tr_[A-Za-z0-9_]{1,250}$"},
        "example": "tr_1MiN3gLkdIwHu7ixNCZvFdgA",
    }
}
_EXAMPLE: Json = {
    "id": "tr_1MiN3gLkdIwHu7ixNCZvFdgA",
    "amount": 1800,
    "amount_reversed": 0,
    "currency": "eur",
    "destination": "acct_1032D82eZvKYlo2C",
    "payment_id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "transfer_group": "group_pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "reference": "booking-42",
    "metadata": {"room": "7"},
    "created_at": "2026-02-01T08:30:00Z",
}

OPERATIONS = (
    Operation(
        id="createTransfer",
        tag="transfers",
        method="post",
        path=_OF_PAYMENT,
        path_parameters=PAYMENT_ID,
        summary="Transfer a part of a payment",
        description="Moves a part of the payment from the platform to a connected account. "
        "Refunds of the payment do not take it back: reverse the transfer as well.",
        response=models.Transfer,
        status=HTTPStatus.CREATED,
        failures=(
            *WRITE,
            errors.PaymentNotFound,
            errors.CheckoutWithoutPayment,
            errors.PaymentNotSucceeded,
        ),
        body=models.CreateTransfer,
        body_required=True,
        scope=ApiScope.TRANSFERS_WRITE,
        links={"transfer_id": ("reverseTransfer",)},
        request_examples={
            "share": {
                "destination": "acct_1032D82eZvKYlo2C",
                "amount": 1800,
                "metadata": {"room": "7"},
            }
        },
        response_example=_EXAMPLE,
    ),
    Operation(
        id="listTransfers",
        tag="transfers",
        method="get",
        path=_OF_PAYMENT,
        path_parameters=PAYMENT_ID,
        summary="List a payment's transfers",
        description="Returns the payment's transfers, newest first, with the one that Stripe made "
        "for its `destination`. A page can have fewer than `limit` where other payments have the "
        "same `transfer_group`.",
        response=models.TransferPage,
        failures=(
            *READ,
            errors.PaymentNotFound,
            errors.CursorInvalid,
            errors.CheckoutWithoutPayment,
        ),
        query=models.ListTransfers,
        scope=ApiScope.PAYMENTS_READ,
        response_example={"data": [_EXAMPLE], "next_cursor": None},
    ),
    Operation(
        id="reverseTransfer",
        tag="transfers",
        method="post",
        path="/api/v1/transfers/{transfer_id}/reversals",
        path_parameters=_TRANSFER_ID,
        summary="Reverse a transfer",
        description="Takes a transfer back from the connected account, in full or in part.",
        response=models.TransferReversal,
        status=HTTPStatus.CREATED,
        failures=(*WRITE, errors.TransferNotFound),
        body=models.ReverseTransfer,
        scope=ApiScope.TRANSFERS_WRITE,
        request_examples={"full": {}, "partial": {"amount": 500, "metadata": {"ticket": "7"}}},
        response_example={
            "id": "trr_1BGmS02eZvKYlo2CklK9McmT",
            "transfer_id": "tr_1MiN3gLkdIwHu7ixNCZvFdgA",
            "amount": 500,
            "currency": "eur",
            "created_at": "2026-02-03T10:00:00Z",
        },
    ),
)
