"""Operations on customer sessions."""

from http import HTTPStatus

from paycli import errors, models
from paycli.permissions import ApiScope
from server.openapi.operations.customers import CUSTOMER_ID
from server.openapi.operations.operation import WRITE, Operation

OPERATIONS = (
    Operation(
        id="createCustomerSession",
        tag="customer sessions",
        method="post",
        path="/api/v1/customers/{customer_id}/sessions",
        path_parameters=CUSTOMER_ID,
        summary="Create a customer session",
        description="Lets Stripe's payment form show the customer's saved payment methods. The "
        "customer cannot remove one there. To save a new one, create the payment with "
        "`save_payment_method`.",
        response=models.CustomerSession,
        status=HTTPStatus.CREATED,
        failures=(*WRITE, errors.CustomerNotFound),
        body=models.CreateCustomerSession,
        scope=ApiScope.CUSTOMERS_WRITE,
        request_examples={"own account": {}, "connected account": {"account": "acct_1032D82e"}},
        response_example={
            "client_secret": "cuss_secret_RvhjQxLq6vJc9Qk2mY8b",
            "expires_at": "2026-01-31T12:30:00Z",
        },
    ),
)
