"""Payments whose amount is shared with connected accounts: https://docs.stripe.com/connect/charges.

The parameters, and which of them contradict each other. `settlement` moves the money.
"""

from paycli.sandbox.standin.api.call import ApiCall
from paycli.sandbox.standin.api.errors import StripeErrorResponse, invalid_param
from paycli.sandbox.standin.api.params import Params, Schema, boolean, nested, text
from paycli.sandbox.standin.resources.payment_objects import PaymentIntentState
from paycli.sandbox.standin.store.objects import Json, Scope
from paycli.sandbox.standin.store.store import OWN_ACCOUNT


def transfer_data(value: object, name: str) -> object:
    """The parameter as it is shown again; empty is None."""
    parsed = nested({"destination": text()}, ("destination",))(value, name)
    return {"destination": parsed.text("destination")} if isinstance(parsed, Params) else None


ON_CREATE: Schema = {"on_behalf_of": text(), "transfer_data": transfer_data}
ON_REFUND: Schema = {"refund_application_fee": boolean, "reverse_transfer": boolean}


def check_shares(scope: Scope, amount: int, echoed: Json) -> None:
    """Checks the fee of a payment. Raises StripeErrorResponse."""
    fee = echoed.get("application_fee_amount")
    if not isinstance(fee, int):
        return
    if fee > amount:
        message = "The application fee must be at most the amount of the payment."
        raise invalid_param("application_fee_amount", message)
    if scope.account == OWN_ACCOUNT and not echoed.get("transfer_data"):
        message = (
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a "
            "direct payment (using an OAuth key or Stripe-Account header) or destination payment "
            "(using `transfer_data[destination]`)."
        )
        raise invalid_param("application_fee_amount", message)


def check_refund(call: ApiCall, intent: PaymentIntentState) -> None:
    """Refuses to give back a share that there is not. Raises StripeErrorResponse."""
    if call.params.flag("reverse_transfer") and not intent.echoed.get("transfer_data"):
        message = "Cannot reverse the transfer of a charge that has no associated transfer."
        raise StripeErrorResponse(message, param="reverse_transfer")
    if call.params.flag("refund_application_fee") and not intent.echoed.get(
        "application_fee_amount"
    ):
        message = "Cannot refund the application fee of a charge that has none."
        raise StripeErrorResponse(message, param="refund_application_fee")
