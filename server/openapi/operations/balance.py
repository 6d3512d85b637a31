"""The operation on the balance."""

from paycli import models
from paycli.permissions import ApiScope
from server.openapi.operations.operation import READ, Operation

OPERATIONS = (
    Operation(
        id="getBalance",
        tag="payouts",
        method="get",
        path="/api/v1/balance",
        summary="Retrieve the balance",
        description="Returns what the account has at Stripe, by currency.",
        response=models.Balance,
        failures=READ,
        query=models.RequestModel,
        scope=ApiScope.PAYOUTS_READ,
        response_example={
            "available": [{"currency": "eur", "amount": 110000}],
            "pending": [{"currency": "eur", "amount": 45200}],
        },
    ),
)
