"""The data types: requests, resources, events, records and status values."""

from paycli.models.customers import (
    CreateCustomer,
    Customer,
    CustomerPage,
    ListCustomers,
    UpdateCustomer,
)
from paycli.models.endpoints import Endpoint
from paycli.models.fields import rfc3339
from paycli.models.payments import (
    CancelPayment,
    CapturePayment,
    CreatePayment,
    LineItem,
    ListPayments,
    Payment,
    PaymentPage,
    UpdatePayment,
)
from paycli.models.records import (
    Acknowledgement,
    Headers,
    InternalEvent,
    Offsets,
    Record,
    StoredRecord,
)
from paycli.models.refunds import ListRefunds, Refund, RefundPage, RefundPayment
from paycli.models.requests import RequestModel, ResultPage, StrictModel, WriteResult
from paycli.models.statuses import BrokerStatus, RegistryStatus, TopicStatus, WebhookResponse

__all__ = [
    "Acknowledgement",
    "BrokerStatus",
    "CancelPayment",
    "CapturePayment",
    "CreateCustomer",
    "CreatePayment",
    "Customer",
    "CustomerPage",
    "Endpoint",
    "Headers",
    "InternalEvent",
    "LineItem",
    "ListCustomers",
    "ListPayments",
    "ListRefunds",
    "Offsets",
    "Payment",
    "PaymentPage",
    "Record",
    "Refund",
    "RefundPage",
    "RefundPayment",
    "RegistryStatus",
    "RequestModel",
    "ResultPage",
    "StoredRecord",
    "StrictModel",
    "TopicStatus",
    "UpdateCustomer",
    "UpdatePayment",
    "WebhookResponse",
    "WriteResult",
    "rfc3339",
]
