"""The data types: requests, resources, events, records and status values."""

from paycli.models.accounts import Account, AccountLink, CreateAccount, CreateAccountLink
from paycli.models.balance import Balance, BalanceAmount
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
    CreatePayment,
    LineItem,
    ListPayments,
    Payment,
    PaymentPage,
    UpdatePayment,
)
from paycli.models.payouts import (
    ListPayouts,
    ListPayoutTransactions,
    Payout,
    PayoutPage,
    PayoutTransaction,
    PayoutTransactionPage,
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
from paycli.models.transfers import (
    CreateTransfer,
    ListTransfers,
    ReverseTransfer,
    Transfer,
    TransferPage,
    TransferReversal,
    TransferSource,
)

__all__ = [
    "Account",
    "AccountLink",
    "Acknowledgement",
    "Balance",
    "BalanceAmount",
    "BrokerStatus",
    "CancelPayment",
    "CancelSetup",
    "CapturePayment",
    "CreateAccount",
    "CreateAccountLink",
    "CreateCustomer",
    "CreateCustomerSession",
    "CreatePayment",
    "CreateSetup",
    "CreateTransfer",
    "Customer",
    "CustomerPage",
    "CustomerSession",
    "Endpoint",
    "Headers",
    "InternalEvent",
    "LineItem",
    "ListCustomers",
    "ListPaymentMethods",
    "ListPayments",
    "ListPayoutTransactions",
    "ListPayouts",
    "ListRefunds",
    "ListSetups",
    "ListTransfers",
    "Offsets",
    "Payment",
    "PaymentMethod",
    "PaymentMethodPage",
    "PaymentPage",
    "Payout",
    "PayoutPage",
    "PayoutTransaction",
    "PayoutTransactionPage",
    "Record",
    "Refund",
    "RefundPage",
    "RefundPayment",
    "RegistryStatus",
    "RequestModel",
    "ResultPage",
    "ReverseTransfer",
    "SavedCard",
    "Setup",
    "SetupPage",
    "StoredRecord",
    "StrictModel",
    "TopicStatus",
    "Transfer",
    "TransferPage",
    "TransferReversal",
    "TransferSource",
    "UpdateCustomer",
    "UpdatePayment",
    "WebhookResponse",
    "WriteResult",
    "rfc3339",
]
