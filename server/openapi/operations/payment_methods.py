"""Operations on saved payment methods."""

from collections.abc import Mapping
from http import HTTPStatus

from paycli import errors, models
from paycli.permissions import ApiScope
from server.openapi.operations.customers import CUSTOMER_ID
from server.openapi.operations.operation import DELETE, READ, Json, Operation

_OF_CUSTOMER = "/api/v1/customers/{customer_id}/payment-methods"
_PAYMENT_METHOD_ID: Mapping[str, Json] = {
    "payment_method_id": {
        "description": "The id of a payment method (`pm_…`).",
        "schema": {"type": "string", "pattern": "^[a-z]{2,10}_[A-Za-z0-9_]{1,250}$"},
        "example": "pm_1MqLiJLkdIwHu7ixUEgbFdYF",
    }
}
_EXAMPLE: Json = {
    "id": "pm_1MqLiJLkdIwHu7ixUEgbFdYF",
    "type": "card",
    "card": {
        "brand": "visa",
        "last4": "4242",
        "exp_month": 8,
        "exp_year": 2027,
        "wallet": None,
    },
    "created_at": "2026-01-31T12:00:00Z",
}

OPERATIONS = (
    Operation(
        id="listPaymentMethods",
        tag="payment methods",
        method="get",
        path=_OF_CUSTOMER,
        path_parameters=CUSTOMER_ID,
        summary="List a customer's payment methods",
        description="Returns the customer's saved payment methods, newest first.",
        response=models.PaymentMethodPage,
        failures=(*READ, errors.CustomerNotFound, errors.CursorInvalid),
        query=models.ListPaymentMethods,
        scope=ApiScope.CUSTOMERS_READ,
        response_example={"data": [_EXAMPLE], "next_cursor": None},
    ),
    Operation(
        id="detachPaymentMethod",
        tag="payment methods",
        method="delete",
        path=f"{_OF_CUSTOMER}/{{payment_method_id}}",
        path_parameters={**CUSTOMER_ID, **_PAYMENT_METHOD_ID},
        summary="Detach a payment method",
        description="Detaches a payment method from its customer: it can never be charged again. "
        "A payment method of another customer is not found.",
        response=None,
        status=HTTPStatus.NO_CONTENT,
        failures=(*DELETE, errors.CustomerNotFound, errors.PaymentMethodNotFound),
        query=models.RequestModel,
        scope=ApiScope.CUSTOMERS_WRITE,
    ),
)
