"""The operation on the balance."""

from paycli import models
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
        security="bearer",
        response_example={
            "available": [{"currency": "eur", "amount": 110000}],
            "pending": [{"currency": "eur", "amount": 45200}],
        },
    ),
)
