"""Payments: requests and responses."""

from paycli.models.payments.changes import (
    CancelPayment,
    CapturePayment,
    IncrementPayment,
    UpdatePayment,
)
from paycli.models.payments.charge import Charge, ChargedCard, GetPayment, PaymentWithCharge
from paycli.models.payments.create import CreatePayment, LineItem
from paycli.models.payments.hold import GrantedHold, Hold
from paycli.models.payments.payment import ListPayments, Payment, PaymentPage

__all__ = [
    "CancelPayment",
    "CapturePayment",
    "Charge",
    "ChargedCard",
    "CreatePayment",
    "GetPayment",
    "GrantedHold",
    "Hold",
    "IncrementPayment",
    "LineItem",
    "ListPayments",
    "Payment",
    "PaymentPage",
    "PaymentWithCharge",
    "UpdatePayment",
]
