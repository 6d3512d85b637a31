"""Operations on customers."""

from collections.abc import Mapping
from http import HTTPStatus

from paycli import errors, models
from paycli.permissions import ApiScope
from server.openapi.operations.operation import DELETE, READ, WRITE, Json, Operation

_COLLECTION = "/api/v1/customers"
_CUSTOMER = f"{_COLLECTION}/{{customer_id}}"
CUSTOMER_ID: Mapping[str, Json] = {
    "customer_id": {
        "description": "The id of a customer (`cus_…`).",
        "schema": {"type": "string", "pattern": "^cus_[A-Za-z0-9_]{1,250}$"},
        "example": "cus_NffrFeUfNV2Hib",
    }
}
_EXAMPLE: Json = {
    "id": "cus_NffrFeUfNV2Hib",
    "name": "Anna Example",
    "email": "guest@example.com",
    "phone": "+4930123456",
    "reference": "guest-7",
    "metadata": {"tier": "gold"},
    "livemode": False,
    "created_at": "2026-01-31T12:00:00Z",
}

OPERATIONS = (
    Operation(
        id="createCustomer",
        tag="customers",
        method="post",
        path=_COLLECTION,
        summary="Create a customer",
        description="Creates a customer, whose payment methods can be saved and charged later. "
        "Its personal data is stored by Stripe alone.",
        response=models.Customer,
        status=HTTPStatus.CREATED,
        failures=WRITE,
        body=models.CreateCustomer,
        body_required=True,
        scope=ApiScope.CUSTOMERS_WRITE,
        links={
            "customer_id": (
                *("getCustomer", "updateCustomer", "deleteCustomer"),
                *("listPaymentMethods", "createCustomerSession"),
            )
        },
        request_examples={
            "customer": {
                "name": "Anna Example",
                "email": "guest@example.com",
                "phone": "+4930123456",
                "reference": "guest-7",
                "metadata": {"tier": "gold"},
            }
        },
        response_example=_EXAMPLE,
    ),
    Operation(
        id="listCustomers",
        tag="customers",
        method="get",
        path=_COLLECTION,
        summary="List customers",
        description="Returns customers, newest first. Filtering by `reference` uses Stripe's "
        "search, whose data can lag by up to a minute; filtering by `email` does not. A page can "
        "have fewer customers than `limit`; only the last one can be empty.",
        response=models.CustomerPage,
        failures=(*READ, errors.CursorInvalid),
        query=models.ListCustomers,
        scope=ApiScope.CUSTOMERS_READ,
        response_example={"data": [_EXAMPLE], "next_cursor": None},
    ),
    Operation(
        id="getCustomer",
        tag="customers",
        method="get",
        path=_CUSTOMER,
        path_parameters=CUSTOMER_ID,
        summary="Retrieve a customer",
        description="Returns the customer's current state at Stripe.",
        response=models.Customer,
        failures=(*READ, errors.CustomerNotFound),
        query=models.RequestModel,
        scope=ApiScope.CUSTOMERS_READ,
        response_example=_EXAMPLE,
    ),
    Operation(
        id="updateCustomer",
        tag="customers",
        method="patch",
        path=_CUSTOMER,
        path_parameters=CUSTOMER_ID,
        summary="Update a customer",
        description="Updates the fields in the body; absent fields are left unchanged.",
        response=models.Customer,
        failures=(*WRITE, errors.CustomerNotFound),
        body=models.UpdateCustomer,
        body_required=True,
        scope=ApiScope.CUSTOMERS_WRITE,
        request_examples={"email": {"email": "new@example.com", "phone": None}},
        response_example={**_EXAMPLE, "email": "new@example.com", "phone": None},
    ),
    Operation(
        id="deleteCustomer",
        tag="customers",
        method="delete",
        path=_CUSTOMER,
        path_parameters=CUSTOMER_ID,
        summary="Delete a customer",
        description="Erases the customer's personal data at Stripe and detaches its saved payment "
        "methods; this cannot be undone. Afterwards the customer is not found. Payments remain.",
        response=None,
        status=HTTPStatus.NO_CONTENT,
        failures=(*DELETE, errors.CustomerNotFound),
        query=models.RequestModel,
        scope=ApiScope.CUSTOMERS_WRITE,
    ),
)
