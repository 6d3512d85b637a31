"""The objects that the control routes name in their JSON."""

from paycli.sandbox.standin.http.json_body import InvalidJsonBody, JsonBody
from paycli.sandbox.standin.resources.payment_objects import ChargeState, PaymentIntentState
from paycli.sandbox.standin.store.objects import Scope
from paycli.sandbox.standin.store.store import OWN_ACCOUNT, AnyState, Store


def find_named(store: Store, body: JsonBody, kind: type[AnyState], field: str) -> AnyState:
    """The object whose id is in a field. Raises InvalidJsonBody."""
    found = store.objects.get(body.text(field))
    if not isinstance(found, kind):
        raise InvalidJsonBody(f"there is no such {field}")
    return found


def captured_charge(store: Store, body: JsonBody) -> ChargeState:
    """The captured charge of the `payment_intent`. Raises InvalidJsonBody."""
    charge = find_named(store, body, PaymentIntentState, "payment_intent").latest_charge
    if charge is None or charge.amount_captured == 0:
        raise InvalidJsonBody("this payment has not succeeded")
    return charge


def account_scope(body: JsonBody) -> Scope:
    """The `account` in test mode; without it the stand-in's own account."""
    return Scope(body.text("account", OWN_ACCOUNT), livemode=False)
