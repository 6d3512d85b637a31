"""Cards of customers at the stand-in: saving and charging them, and what it responds."""

from .daemon import Response
from .stripe import Stripe
from .stripe_schema import Json

METHODS = "/v1/payment_methods"
NO_REDIRECTS = {
    "automatic_payment_methods[enabled]": "true",
    "automatic_payment_methods[allow_redirects]": "never",
}


def save(stripe: Stripe, customer: str, card: str = "pm_card_visa") -> str:
    """Attach a new test card to a customer; return its id."""
    attached = stripe.call("POST", f"{METHODS}/{card}/attach", {"customer": customer})
    assert attached.status == 200, attached.json
    assert attached.json["customer"] == customer
    return str(attached.json["id"])


def new_card(stripe: Stripe, token: str = "tok_visa") -> str:
    """Create a card that is not attached; return its id."""
    created = stripe.call("POST", METHODS, {"type": "card", "card[token]": token})
    assert created.status == 200, created.json
    assert created.json["customer"] is None
    return str(created.json["id"])


def charge(stripe: Stripe, method: str, **form: str) -> Response:
    """Create and confirm a payment with a method."""
    fixed = {"amount": "2000", "currency": "eur", "confirm": "true"}
    sent = {**fixed, **NO_REDIRECTS, "payment_method": method, **form}
    return stripe.call("POST", "/v1/payment_intents", sent)


def events(stripe: Stripe, *types: str) -> list[Json]:
    """Return the events of these types, oldest first."""
    form = {f"types[{number}]": name for number, name in enumerate(types)}
    found = stripe.call("GET", "/v1/events", {"limit": "100", **form}).json["data"]
    return [event["data"] | {"type": event["type"]} for event in reversed(found)]


def refusal(response: Response, status: int = 400) -> tuple[str | None, str | None, str]:
    """Return code, param and message of an error."""
    assert response.status == status, response.json
    error = response.json["error"]
    return error.get("code"), error.get("param"), error["message"]
