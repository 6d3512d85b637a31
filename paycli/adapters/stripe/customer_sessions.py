"""Customer sessions at Stripe."""

from pydantic import Field

from paycli import errors
from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.objects import StripeModel
from paycli.models import CustomerSession, WriteResult
from paycli.models.fields import UnixTime

_FEATURES = {
    "payment_method_redisplay": "enabled",
    # By default the form shows only those that a customer chose to save in the form itself.
    "payment_method_allow_redisplay_filters": ["always", "limited", "unspecified"],
    # The payment says whether its method is saved. Stripe's form refuses both:
    # https://docs.stripe.com/changelog/dahlia/2026-03-25/elements-pmo-sfu-customer-session-conflict
    "payment_method_save": "disabled",
    # A guest who could remove the card would leave a no-show with nothing to charge. `DELETE` of
    # the payment method removes it, by the platform's own rules.
    "payment_method_remove": "disabled",
}
"""https://docs.stripe.com/api/customer_sessions/create, under
`components.payment_element.features`."""


class CustomerSessionObject(StripeModel):
    """https://docs.stripe.com/api/customer_sessions/object; it has no id."""

    client_secret: str = Field(repr=False)
    expires_at: UnixTime


class StripeCustomerSessions:
    """Implements `paycli.payments.gateway.customer_sessions.CustomerSessionsApi`."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def create(self, customer_id: str, key: str) -> WriteResult[CustomerSession]:
        """https://docs.stripe.com/api/customer_sessions/create, for the payment form."""
        response = self._calls.post(
            CustomerSessionObject,
            "/v1/customer_sessions",
            {
                "customer": customer_id,
                "components": {"payment_element": {"enabled": True, "features": _FEATURES}},
            },
            key,
            missing=errors.CustomerNotFound,
        )
        session = CustomerSession(
            client_secret=response.data.client_secret, expires_at=response.data.expires_at
        )
        return WriteResult(session, response.replayed)
