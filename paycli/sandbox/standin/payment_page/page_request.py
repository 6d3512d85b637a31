"""One request of a customer's browser for one payment."""

from dataclasses import dataclass

from paycli.sandbox.standin.api.call import ApiCall
from paycli.sandbox.standin.api.errors import StripeErrorResponse, missing_param
from paycli.sandbox.standin.api.params import Params
from paycli.sandbox.standin.http.messages import HttpRequest
from paycli.sandbox.standin.payment_page.activity import PaymentActivity
from paycli.sandbox.standin.resources import (
    checkout_sessions,
    payment_intents,
    payment_lifecycle,
    setup_intents,
    setup_lifecycle,
)
from paycli.sandbox.standin.resources.attachments import attached_to
from paycli.sandbox.standin.resources.payment_objects import (
    CheckoutSessionState,
    CustomerState,
    Intent,
    PaymentIntentState,
    PaymentMethodState,
    SetupIntentState,
)
from paycli.sandbox.standin.store.objects import NO_REQUEST
from paycli.sandbox.standin.store.store import Store


@dataclass(slots=True)
class PageRequest:
    """A request that is already authorized by the payment's secret."""

    store: Store
    activity: PaymentActivity
    http: HttpRequest
    payment: Intent | CheckoutSessionState
    params: Params

    @property
    def intent(self) -> Intent | None:
        """The intent; a Session has no PaymentIntent before the first payment attempt."""
        if isinstance(self.payment, CheckoutSessionState):
            return self.payment.intent
        return self.payment

    @property
    def saved_cards(self) -> list[PaymentMethodState]:
        """The cards of the customer that can pay, newest first; a setup offers none."""
        customer = self.store.objects.get(self.payment.customer or "")
        if isinstance(self.intent, SetupIntentState) or not isinstance(customer, CustomerState):
            return []
        return attached_to(self.store, customer)

    def pay(self, params: Params) -> None:
        """Attempts the payment or setup with the payment method in the API's parameters.

        Raises:
            StripeErrorResponse: there is no payment method, it was declined (402), or the payment
                can't be paid any more.
        """
        payment = self.payment
        if not {"payment_method", "payment_method_data"} & params.values.keys():
            raise missing_param("payment_method")
        ids = (payment.id,)
        call = ApiCall(self.store, payment.scope, NO_REQUEST, params, ids, publishable=True)
        if isinstance(payment, PaymentIntentState):
            payment_intents.confirm(call)
        elif isinstance(payment, SetupIntentState):
            setup_intents.confirm(call)
        else:
            checkout_sessions.pay(call, payment, params.text("email"))

    def authenticate(self, *, passed: bool) -> None:
        """Completes 3-D Secure.

        Raises:
            StripeErrorResponse: the payment requires no action; or authentication failed or the
                card was declined (402).
        """
        if isinstance(self.intent, SetupIntentState):
            setup_lifecycle.authenticate(self.store, self.intent, passed=passed)
            return
        if self.intent is None:
            message = "This payment has not been attempted yet."
            raise StripeErrorResponse(message, code="payment_intent_unexpected_state")
        payment_lifecycle.authenticate(self.store, self.intent, passed=passed)
