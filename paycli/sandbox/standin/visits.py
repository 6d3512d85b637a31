"""A customer's browser at one payment, let in by its secret, and what it may do there."""

from dataclasses import dataclass

from paycli.sandbox.standin import checkout, intents, paying
from paycli.sandbox.standin.call import Call
from paycli.sandbox.standin.messages import Request
from paycli.sandbox.standin.methods import method_of
from paycli.sandbox.standin.params import Params
from paycli.sandbox.standin.refusals import Refusal, missing
from paycli.sandbox.standin.resources.payment_objects import (
    BY_ITSELF,
    CheckoutSessionState,
    PaymentIntentState,
)
from paycli.sandbox.standin.timeline import Timeline
from paycli.sandbox.standin.world import World


@dataclass(slots=True)
class Visit:
    """One request of a browser for one payment, already let in by its secret."""

    world: World
    timeline: Timeline
    request: Request
    it: PaymentIntentState | CheckoutSessionState
    asked: Params

    @property
    def intent(self) -> PaymentIntentState | None:
        """The PaymentIntent; a Session has none before the first try to pay."""
        return self.it.intent if isinstance(self.it, CheckoutSessionState) else self.it

    def pay(self, asked: Params) -> None:
        """Pays with the payment method in the API's parameters `asked`.

        Raises:
            Refusal: there is none, it was declined (402), or the payment can't be paid any more.
        """
        call = Call(self.world, self.it.scope, BY_ITSELF, asked, self.it.id, publishable=True)
        method = method_of(call, self.it.currency)
        if method is None:
            raise missing("payment_method")
        if isinstance(self.it, CheckoutSessionState):
            checkout.pay(call, self.it, method, asked.text("email"))
        else:
            intents.confirm(call)

    def authenticate(self, *, passed: bool) -> None:
        """The customer passes the 3-D Secure step, or does not.

        Raises:
            Refusal: no step is waited for; it was failed, or the card was declined (402).
        """
        if self.intent is None:
            raise Refusal("Nothing has been paid yet.", code="payment_intent_unexpected_state")
        paying.authenticate(self.world, self.intent, passed=passed)
