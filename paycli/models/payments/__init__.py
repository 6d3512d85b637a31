"""Payments: requests and responses."""

from paycli.models.payments.changes import CancelPayment, CapturePayment, UpdatePayment
from paycli.models.payments.create import CreatePayment, LineItem
from paycli.models.payments.payment import ListPayments, Payment, PaymentPage

__all__ = [
    "CancelPayment",
    "CapturePayment",
    "CreatePayment",
    "LineItem",
    "ListPayments",
    "Payment",
    "PaymentPage",
    "UpdatePayment",
]
