"""The nouns: what callers ask for, what they get back, what Kafka keeps."""

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
    BrokerStatus,
    Endpoint,
    Headers,
    InternalEvent,
    Offsets,
    Record,
    RegistryStatus,
    StoredRecord,
    TopicStatus,
    WebhookResponse,
)
from paycli.models.refunds import ListRefunds, Refund, RefundPage, RefundPayment
from paycli.models.requests import RequestModel, ResultPage, WriteResult

__all__ = [
    "Acknowledgement",
    "BrokerStatus",
    "CancelPayment",
    "CapturePayment",
    "CreatePayment",
    "Endpoint",
    "Headers",
    "InternalEvent",
    "LineItem",
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
    "TopicStatus",
    "UpdatePayment",
    "WebhookResponse",
    "WriteResult",
    "rfc3339",
]
