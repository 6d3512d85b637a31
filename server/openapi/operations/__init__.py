"""Every operation of the HTTP interface, one module per resource.

A new resource adds a module and its rows here; a route of the application without an operation
fails a test.
"""

from server.openapi.operations import (
    accounts,
    balance,
    customer_sessions,
    customers,
    disputes,
    monitoring,
    payment_methods,
    payments,
    payouts,
    refunds,
    setups,
    transfers,
    webhooks,
)
from server.openapi.operations.operation import Operation

__all__ = ["OPERATIONS", "Operation"]

OPERATIONS: tuple[Operation, ...] = (
    *payments.OPERATIONS,
    *refunds.OPERATIONS,
    *transfers.OPERATIONS,
    *payouts.OPERATIONS,
    *balance.OPERATIONS,
    *accounts.OPERATIONS,
    *customers.OPERATIONS,
    *payment_methods.OPERATIONS,
    *customer_sessions.OPERATIONS,
    *setups.OPERATIONS,
    *disputes.OPERATIONS,
    *webhooks.OPERATIONS,
    *monitoring.OPERATIONS,
)
