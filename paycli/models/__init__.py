"""The data types: requests, resources, events, records and status values."""

from paycli.models.accounts import Account, AccountLink, CreateAccount, CreateAccountLink
from paycli.models.customer_sessions import CreateCustomerSession, CustomerSession
from paycli.models.customers import (
    CreateCustomer,
    Customer,
    CustomerPage,
    ListCustomers,
    UpdateCustomer,
)
from paycli.models.endpoints import Endpoint
from paycli.models.fields import rfc3339
from paycli.models.payment_methods import (
    ListPaymentMethods,
    PaymentMethod,
    PaymentMethodPage,
    SavedCard,
)
from paycli.models.payments import (
    CancelPayment,
    CapturePayment,
    Charge,
    ChargedCard,
    CreatePayment,
    GetPayment,
    GrantedHold,
    Hold,
    IncrementPayment,
    LineItem,
    ListPayments,
    Payment,
    PaymentPage,
    PaymentWithCharge,
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
from paycli.models.setups import CancelSetup, CreateSetup, ListSetups, Setup, SetupPage
from paycli.models.statuses import BrokerStatus, RegistryStatus, TopicStatus, WebhookResponse

__all__ = [
    "Account",
    "AccountLink",
    "Acknowledgement",
    "BrokerStatus",
    "CancelPayment",
    "CancelSetup",
    "CapturePayment",
    "Charge",
    "ChargedCard",
    "CreateAccount",
    "CreateAccountLink",
    "CreateCustomer",
    "CreateCustomerSession",
    "CreatePayment",
    "CreateSetup",
    "Customer",
    "CustomerPage",
    "CustomerSession",
    "Endpoint",
    "GetPayment",
    "GrantedHold",
    "Headers",
    "Hold",
    "IncrementPayment",
    "InternalEvent",
    "LineItem",
    "ListCustomers",
    "ListPaymentMethods",
    "ListPayments",
    "ListRefunds",
    "ListSetups",
    "Offsets",
    "Payment",
    "PaymentMethod",
    "PaymentMethodPage",
    "PaymentPage",
    "PaymentWithCharge",
    "Record",
    "Refund",
    "RefundPage",
    "RefundPayment",
    "RegistryStatus",
    "RequestModel",
    "ResultPage",
    "SavedCard",
    "Setup",
    "SetupPage",
    "StoredRecord",
    "StrictModel",
    "TopicStatus",
    "UpdateCustomer",
    "UpdatePayment",
    "WebhookResponse",
    "WriteResult",
    "rfc3339",
]
