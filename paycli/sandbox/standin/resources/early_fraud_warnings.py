"""Early fraud warnings: https://docs.stripe.com/api/radar/early_fraud_warnings."""

from dataclasses import dataclass

from paycli.sandbox.standin.http.json_body import JsonBody
from paycli.sandbox.standin.resources.examples import add_example
from paycli.sandbox.standin.resources.lookup import captured_charge
from paycli.sandbox.standin.resources.payment_objects import ChargeState
from paycli.sandbox.standin.store.objects import Json, JsonObjectState
from paycli.sandbox.standin.store.store import Store


@dataclass(slots=True, kw_only=True, eq=False)
class FraudWarningState(JsonObjectState):
    """https://docs.stripe.com/api/radar/early_fraud_warnings/object."""

    TYPE = "radar.early_fraud_warning"
    URL = "/v1/radar/early_fraud_warnings"
    EXPANDABLE = frozenset({"charge", "payment_intent"})


def warn(
    store: Store, charge: ChargeState, fraud_type: str = "made_with_stolen_card"
) -> FraudWarningState:
    """The card network reports that a payment may be fraudulent."""
    warning = add_example(
        store,
        FraudWarningState,
        "issfr_1",
        charge.scope,
        {"actionable": True, "charge": charge.id, "fraud_type": fraud_type},
    )
    warning.json["payment_intent"] = charge.intent.id
    store.emit("radar.early_fraud_warning.created", warning, subject=charge.intent.id)
    return warning


def simulate_warning(store: Store, body: JsonBody) -> Json:
    """A warning about a `payment_intent`."""
    return warn(store, captured_charge(store, body)).json
