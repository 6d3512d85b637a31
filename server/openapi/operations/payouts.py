"""Operations on payouts."""

from collections.abc import Mapping

from paycli import errors, models
from paycli.permissions import ApiScope
from server.openapi.operations.operation import READ, Json, Operation

_PAYOUT_ID: Mapping[str, Json] = {
    "payout_id": {
        "description": "The id of a payout (`po_…`).",
        "schema": {"type": "string", "pattern": "^po_[A-Za-z0-9_]{1,250}$"},
        "example": "po_1MtwBwLkdIwHu7ixUEbTjxN3",
    }
}
_EXAMPLE: Json = {
    "id": "po_1MtwBwLkdIwHu7ixUEbTjxN3",
    "status": "paid",
    "amount": 1912,
    "currency": "eur",
    "arrival_date": "2026-02-03T00:00:00Z",
    "automatic": True,
    "failure_code": None,
    "created_at": "2026-02-02T04:10:00Z",
}
_LINE: Json = {
    "id": "txn_1MiN3gLkdIwHu7ixxapQrznl",
    "type": "charge",
    "amount": 2000,
    "fee": 88,
    "net": 1912,
    "currency": "eur",
    "payment_id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "refund_id": None,
    "dispute_id": None,
    "reference": "booking-42",
    "created_at": "2026-01-31T12:00:00Z",
    "available_on": "2026-02-02T00:00:00Z",
}

OPERATIONS = (
    Operation(
        id="listPayouts",
        tag="payouts",
        method="get",
        path="/api/v1/payouts",
        summary="List payouts",
        description="Returns payouts, newest first, a page at a time.",
        response=models.PayoutPage,
        failures=(*READ, errors.CursorInvalid),
        query=models.ListPayouts,
        scope=ApiScope.PAYOUTS_READ,
        response_example={"data": [_EXAMPLE], "next_cursor": None},
    ),
    Operation(
        id="getPayout",
        tag="payouts",
        method="get",
        path="/api/v1/payouts/{payout_id}",
        path_parameters=_PAYOUT_ID,
        summary="Retrieve a payout",
        description="Returns the payout's current state at Stripe.",
        response=models.Payout,
        failures=(*READ, errors.PayoutNotFound),
        query=models.RequestModel,
        scope=ApiScope.PAYOUTS_READ,
        response_example=_EXAMPLE,
    ),
    Operation(
        id="listPayoutTransactions",
        tag="payouts",
        method="get",
        path="/api/v1/payouts/{payout_id}/transactions",
        path_parameters=_PAYOUT_ID,
        summary="List the lines of a payout",
        description="Returns what an automatic payout pays out, newest first, each line with the "
        "booking that it belongs to. The nets of all lines, of all pages, sum to the payout's "
        "amount. A page can have fewer than `limit`.",
        response=models.PayoutTransactionPage,
        failures=(
            *READ,
            errors.PayoutNotFound,
            errors.PayoutNotAutomatic,
            errors.PayoutNotReconciled,
            errors.CursorInvalid,
        ),
        query=models.ListPayoutTransactions,
        scope=ApiScope.PAYOUTS_READ,
        response_example={"data": [_LINE], "next_cursor": None},
    ),
)
