"""Operations on disputes."""

from collections.abc import Mapping

from paycli import errors, models
from paycli.permissions import ApiScope
from server.openapi.operations.operation import READ, WRITE, Json, Operation

_COLLECTION = "/api/v1/disputes"
_DISPUTE = f"{_COLLECTION}/{{dispute_id}}"
_DISPUTE_ID: Mapping[str, Json] = {
    "dispute_id": {
        "description": "The id of a dispute (`du_…` or `dp_…`).",
        "schema": {"type": "string", "pattern": "^(du|dp)_[A-Za-z0-9_]{1,250}$"},
        "example": "du_1MtJUT2eZvKYlo2CNaw2HvEv",
    }
}
_EXAMPLE: Json = {
    "id": "du_1MtJUT2eZvKYlo2CNaw2HvEv",
    "status": "needs_response",
    "amount": 2000,
    "currency": "eur",
    "reason": "fraudulent",
    "payment_id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "charge_id": "ch_3MtwBwLkdIwHu7ix2YTxrHOZ",
    "evidence_due_by": "2026-02-14T23:59:59Z",
    "evidence_fields": [],
    "submission_count": 0,
    "livemode": False,
    "created_at": "2026-02-05T09:12:00Z",
}

OPERATIONS = (
    Operation(
        id="listDisputes",
        tag="disputes",
        method="get",
        path=_COLLECTION,
        summary="List disputes",
        description="Returns disputes, newest first. With `status`, which Stripe cannot filter by, "
        "a page can be shorter than `limit`; only the last page can be empty.",
        response=models.DisputePage,
        failures=(
            *READ,
            errors.PaymentNotFound,
            errors.CheckoutWithoutPayment,
            errors.CursorInvalid,
        ),
        query=models.ListDisputes,
        scope=ApiScope.DISPUTES_READ,
        response_example={"data": [_EXAMPLE], "next_cursor": None},
    ),
    Operation(
        id="getDispute",
        tag="disputes",
        method="get",
        path=_DISPUTE,
        path_parameters=_DISPUTE_ID,
        summary="Retrieve a dispute",
        description="Returns the dispute's current state at Stripe, without its evidence's texts.",
        response=models.Dispute,
        failures=(*READ, errors.DisputeNotFound),
        query=models.RequestModel,
        scope=ApiScope.DISPUTES_READ,
        response_example=_EXAMPLE,
    ),
    Operation(
        id="respondToDispute",
        tag="disputes",
        method="post",
        path=f"{_DISPUTE}/evidence",
        path_parameters=_DISPUTE_ID,
        summary="Stage or submit evidence",
        description="With `submit: false` the texts are staged, and can be changed until they are "
        "submitted. With `submit: true` they are submitted to the bank with what was staged "
        "before. That is final, and possible once. Texts are personal data: they are in no "
        "response.",
        response=models.Dispute,
        failures=(*WRITE, errors.DisputeNotFound, errors.DisputeNotOpen),
        body=models.RespondToDispute,
        body_required=True,
        scope=ApiScope.DISPUTES_WRITE,
        request_examples={
            "stage": {
                "submit": False,
                "evidence": {
                    "service_date": "12 to 14 January 2026",
                    "uncategorized_text": "The guest checked in with the card that is disputed.",
                },
            },
            "submit": {"submit": True},
        },
        response_example={
            **_EXAMPLE,
            "status": "under_review",
            "evidence_fields": ["service_date", "uncategorized_text"],
            "submission_count": 1,
        },
    ),
    Operation(
        id="acceptDispute",
        tag="disputes",
        method="post",
        path=f"{_DISPUTE}/accept",
        path_parameters=_DISPUTE_ID,
        summary="Accept a dispute",
        description="Closes the dispute without a response: it is lost, and the cardholder keeps "
        "the amount; an inquiry becomes `warning_closed`. Final.",
        response=models.Dispute,
        failures=(*WRITE, errors.DisputeNotFound, errors.DisputeNotOpen),
        body=models.AcceptDispute,
        scope=ApiScope.DISPUTES_WRITE,
        request_examples={"own": {}},
        response_example={**_EXAMPLE, "status": "lost"},
    ),
)
