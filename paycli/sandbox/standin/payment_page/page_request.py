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
    payment_method_params,
)
from paycli.sandbox.standin.resources.payment_objects import (
    CheckoutSessionState,
    PaymentIntentState,
)
from paycli.sandbox.standin.store.objects import NO_REQUEST
from paycli.sandbox.standin.store.store import Store


@dataclass(slots=True)
class PageRequest:
    """A request that is already authorized by the payment's secret."""

    store: Store
    activity: PaymentActivity
    http: HttpRequest
    payment: PaymentIntentState | CheckoutSessionState
    params: Params

    @property
    def intent(self) -> PaymentIntentState | None:
        """The PaymentIntent; a Session has none before the first payment attempt."""
        if isinstance(self.payment, CheckoutSessionState):
            return self.payment.intent
        return self.payment

    def pay(self, params: Params) -> None:
        """Attempts the payment with the payment method in the API's parameters.

        Raises:
            StripeErrorResponse: there is no payment method, it was declined (402), or the payment
                can't be paid any more.
        """
        scope, payment_id = self.payment.scope, self.payment.id
        call = ApiCall(self.store, scope, NO_REQUEST, params, (payment_id,), publishable=True)
        method = payment_method_params.from_params(call, self.payment.currency)
        if method is None:
            raise missing_param("payment_method")
        if isinstance(self.payment, CheckoutSessionState):
            checkout_sessions.pay(call, self.payment, method, params.text("email"))
        else:
            payment_intents.confirm(call)

    def authenticate(self, *, passed: bool) -> None:
        """Completes 3-D Secure.

        Raises:
            StripeErrorResponse: the payment requires no action; or authentication failed or the
                card was declined (402).
        """
        if self.intent is None:
            message = "This payment has not been attempted yet."
            raise StripeErrorResponse(message, code="payment_intent_unexpected_state")
        payment_lifecycle.authenticate(self.store, self.intent, passed=passed)
