"""Operations on setups."""

from collections.abc import Mapping
from http import HTTPStatus

from paycli import errors, models
from paycli.permissions import ApiScope
from server.openapi.operations.operation import READ, WRITE, Json, Operation

_COLLECTION = "/api/v1/setups"
_SETUP = f"{_COLLECTION}/{{setup_id}}"
_SETUP_ID: Mapping[str, Json] = {
    "setup_id": {
        "description": "The id of a SetupIntent (`seti_…`) or of a Checkout Session (`cs_…`).",
        "schema": {"type": "string", "pattern": "^(seti|cs)_[A-Za-z0-9_]{1,250}$"},
        "example": "seti_1Mm8s8LkdIwHu7ix0OXBfTRG",
    }
}
_EXAMPLE: Json = {
    "id": "seti_1Mm8s8LkdIwHu7ix0OXBfTRG",
    "status": "requires_payment_method",
    "client_secret": "seti_1Mm8s8LkdIwHu7ix0OXBfTRG_secret_NXDICkPqPeiBTAFqWmkbff09lRmSVXe",
    "setup_url": None,
    "customer": "cus_NffrFeUfNV2Hib",
    "payment_method": None,
    "reference": "booking-42",
    "metadata": {},
    "livemode": False,
    "created_at": "2026-01-31T12:00:00Z",
}

OPERATIONS = (
    Operation(
        id="createSetup",
        tag="setups",
        method="post",
        path=_COLLECTION,
        summary="Create a setup",
        description="Creates a SetupIntent, or a Checkout Session with `flow: checkout`, which "
        "saves a payment method of the customer without a payment.",
        response=models.Setup,
        status=HTTPStatus.CREATED,
        failures=WRITE,
        body=models.CreateSetup,
        body_required=True,
        scope=ApiScope.CUSTOMERS_WRITE,
        links={"setup_id": ("getSetup", "cancelSetup")},
        request_examples={
            "setup_intent": {"customer": "cus_NffrFeUfNV2Hib", "reference": "booking-42"},
            "checkout": {
                "flow": "checkout",
                "customer": "cus_NffrFeUfNV2Hib",
                "currency": "eur",
                "reference": "booking-42",
                "success_url": "https://example.com/saved",
            },
        },
        response_example=_EXAMPLE,
    ),
    Operation(
        id="listSetups",
        tag="setups",
        method="get",
        path=_COLLECTION,
        summary="List setups",
        description="Returns setups, newest first, without their secrets. A Checkout Session is "
        "listed as its SetupIntent.",
        response=models.SetupPage,
        failures=(*READ, errors.CursorInvalid),
        query=models.ListSetups,
        scope=ApiScope.CUSTOMERS_READ,
        response_example={"data": [{**_EXAMPLE, "client_secret": None}], "next_cursor": None},
    ),
    Operation(
        id="getSetup",
        tag="setups",
        method="get",
        path=_SETUP,
        path_parameters=_SETUP_ID,
        summary="Retrieve a setup",
        description="Returns the setup's current state at Stripe.",
        response=models.Setup,
        failures=(*READ, errors.SetupNotFound),
        query=models.RequestModel,
        scope=ApiScope.CUSTOMERS_READ,
        response_example={
            **_EXAMPLE,
            "status": "succeeded",
            "payment_method": "pm_1MqLiJLkdIwHu7ixUEgbFdYF",
        },
    ),
    Operation(
        id="cancelSetup",
        tag="setups",
        method="post",
        path=f"{_SETUP}/cancel",
        path_parameters=_SETUP_ID,
        summary="Cancel a setup",
        description="Cancels a setup that has not succeeded. An open Checkout Session is expired.",
        response=models.Setup,
        failures=(*WRITE, errors.SetupNotFound),
        body=models.CancelSetup,
        scope=ApiScope.CUSTOMERS_WRITE,
        request_examples={"reason": {"reason": "abandoned"}},
        response_example={**_EXAMPLE, "status": "canceled"},
    ),
)
