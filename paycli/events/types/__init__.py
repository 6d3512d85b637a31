"""What our events say: one class an event, each field with the place in Stripe's object it is from.

One module a family of events. Fields are never removed or retyped within a version of an event.
"""

from paycli.events.types.accounts import (
    ConnectedAccountUpdatedEvent,
    PaymentMethodSetupFailedEvent,
    PaymentMethodSetupSucceededEvent,
    PayoutFailedEvent,
    PayoutPaidEvent,
    PayoutReconciledEvent,
)
from paycli.events.types.base import EventData, PublishedEvent, StripeEventUnreadable
from paycli.events.types.checkout import (
    CheckoutCompletedEvent,
    CheckoutExpiredEvent,
    CheckoutPaymentFailedEvent,
    CheckoutPaymentSucceededEvent,
)
from paycli.events.types.disputes import (
    DisputeClosedEvent,
    DisputeFundsReinstatedEvent,
    DisputeFundsWithdrawnEvent,
    DisputeOpenedEvent,
    DisputeUpdatedEvent,
)
from paycli.events.types.fraud import FraudWarningEvent, ReviewClosedEvent, ReviewOpenedEvent
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
from paycli.events.types.refunds import (
    RefundCreatedEvent,
    RefundFailedEvent,
    RefundSucceededEvent,
    RefundUpdatedEvent,
)

__all__ = [
    "CheckoutCompletedEvent",
    "CheckoutExpiredEvent",
    "CheckoutPaymentFailedEvent",
    "CheckoutPaymentSucceededEvent",
    "ConnectedAccountUpdatedEvent",
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
    "PaymentMethodSetupFailedEvent",
    "PaymentMethodSetupSucceededEvent",
    "PaymentPartiallyFundedEvent",
    "PaymentProcessingEvent",
    "PaymentSucceededEvent",
    "PayoutFailedEvent",
    "PayoutPaidEvent",
    "PayoutReconciledEvent",
    "PublishedEvent",
    "RefundCreatedEvent",
    "RefundFailedEvent",
    "RefundSucceededEvent",
    "RefundUpdatedEvent",
    "ReviewClosedEvent",
    "ReviewOpenedEvent",
    "StripeEventUnreadable",
]
