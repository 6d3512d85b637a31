"""The data of internal events: one class for each event, with the source of each field.

Within a version of an event, no field is removed and no type is changed.
"""

from paycli.events.types.accounts import (
    ConnectedAccountDeauthorizedEvent,
    ConnectedAccountUpdatedEvent,
)
from paycli.events.types.application_fees import (
    ApplicationFeeCreatedEvent,
    ApplicationFeeRefundedEvent,
)
from paycli.events.types.base import BaseEvent, EventData, StripeEventUnreadable
from paycli.events.types.checkout import (
    CheckoutCompletedEvent,
    CheckoutExpiredEvent,
    CheckoutPaymentFailedEvent,
    CheckoutPaymentSucceededEvent,
)
from paycli.events.types.customers import CustomerDeletedEvent
from paycli.events.types.disputes import (
    DisputeClosedEvent,
    DisputeFundsReinstatedEvent,
    DisputeFundsWithdrawnEvent,
    DisputeOpenedEvent,
    DisputeUpdatedEvent,
)
from paycli.events.types.fraud import FraudWarningEvent, ReviewClosedEvent, ReviewOpenedEvent
from paycli.events.types.payment_methods import (
    PaymentMethodAttachedEvent,
    PaymentMethodDetachedEvent,
    PaymentMethodUpdatedEvent,
)
from paycli.events.types.payments import (
    PaymentActionRequiredEvent,
    PaymentAuthorizationExpiredEvent,
    PaymentAuthorizedEvent,
    PaymentCanceledEvent,
    PaymentCreatedEvent,
    PaymentFailedEvent,
    PaymentPartiallyFundedEvent,
    PaymentProcessingEvent,
    PaymentSucceededEvent,
)
from paycli.events.types.payouts import PayoutFailedEvent, PayoutPaidEvent, PayoutReconciledEvent
from paycli.events.types.refunds import (
    RefundCreatedEvent,
    RefundFailedEvent,
    RefundSucceededEvent,
    RefundUpdatedEvent,
)
from paycli.events.types.setups import (
    PaymentMethodSetupFailedEvent,
    PaymentMethodSetupSucceededEvent,
)
from paycli.events.types.transfers import TransferCreatedEvent, TransferReversedEvent

__all__ = [
    "ApplicationFeeCreatedEvent",
    "ApplicationFeeRefundedEvent",
    "BaseEvent",
    "CheckoutCompletedEvent",
    "CheckoutExpiredEvent",
    "CheckoutPaymentFailedEvent",
    "CheckoutPaymentSucceededEvent",
    "ConnectedAccountDeauthorizedEvent",
    "ConnectedAccountUpdatedEvent",
    "CustomerDeletedEvent",
    "DisputeClosedEvent",
    "DisputeFundsReinstatedEvent",
    "DisputeFundsWithdrawnEvent",
    "DisputeOpenedEvent",
    "DisputeUpdatedEvent",
    "EventData",
    "FraudWarningEvent",
    "PaymentActionRequiredEvent",
    "PaymentAuthorizationExpiredEvent",
    "PaymentAuthorizedEvent",
    "PaymentCanceledEvent",
    "PaymentCreatedEvent",
    "PaymentFailedEvent",
    "PaymentMethodAttachedEvent",
    "PaymentMethodDetachedEvent",
    "PaymentMethodSetupFailedEvent",
    "PaymentMethodSetupSucceededEvent",
    "PaymentMethodUpdatedEvent",
    "PaymentPartiallyFundedEvent",
    "PaymentProcessingEvent",
    "PaymentSucceededEvent",
    "PayoutFailedEvent",
    "PayoutPaidEvent",
    "PayoutReconciledEvent",
    "RefundCreatedEvent",
    "RefundFailedEvent",
    "RefundSucceededEvent",
    "RefundUpdatedEvent",
    "ReviewClosedEvent",
    "ReviewOpenedEvent",
    "StripeEventUnreadable",
    "TransferCreatedEvent",
    "TransferReversedEvent",
]
