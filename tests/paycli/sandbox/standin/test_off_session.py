"""Cards that a payment saves, charges without the customer, and how the customer finishes them."""

import pytest

from harness.daemon import Response
from harness.saved_cards import METHODS, NO_REDIRECTS, charge, events, new_card, refusal, save
from harness.stripe import Stripe
from harness.stripe_schema import Json

INTENTS = "/v1/payment_intents"
SAVING = {"setup_future_usage": "off_session"}


def set_up(stripe: Stripe, customer: str, card: str, usage: str = "off_session") -> str:
    """Save a card by a setup, with 3-D Secure if it is required; return its id."""
    form = {**NO_REDIRECTS, "confirm": "true", "usage": usage}
    form |= {"customer": customer, "payment_method": card}
    setup = stripe.call("POST", "/v1/setup_intents", form).json
    if setup["status"] == "requires_action":
        setup = authenticate(stripe, setup).json["setup_intent"]
    assert setup["status"] == "succeeded"
    return str(setup["payment_method"])


def authenticate(stripe: Stripe, intent: Json) -> Response:
    """Complete 3-D Secure of an intent."""
    form = {"client_secret": intent["client_secret"], "result": "succeed"}
    return stripe.call("POST", f"/pay/{intent['id']}/authenticate", form)


def charge_off_session(stripe: Stripe, customer: str, card: str) -> Response:
    """Charge a card without its customer."""
    return charge(stripe, card, customer=customer, off_session="true")


# https://docs.stripe.com/testing#regulatory-cards: after attaching it directly, after a setup.
OFF_SESSION = {
    "pm_card_visa": (None, None),
    "pm_card_authenticationRequiredOnSetup": ("authentication_required", None),
    "pm_card_authenticationRequired": ("authentication_required", "authentication_required"),
    "pm_card_authenticationRequiredSetupForOffSession": (None, None),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": (
        "authentication_required",
        "insufficient_funds",
    ),
    "pm_card_chargeCustomerFail": ("generic_decline", "generic_decline"),
}


@pytest.mark.parametrize("card", OFF_SESSION)
def test_a_card_is_charged_off_session_as_its_setup_allows(
    fast_stand_in: Stripe, card: str
) -> None:
    """Each test card succeeds or is declined off session, by whether it was set up for that."""
    anna = fast_stand_in.customer()
    attached = save(fast_stand_in, anna, card)
    prepared = set_up(fast_stand_in, anna, card)
    for method, decline_code in zip((attached, prepared), OFF_SESSION[card], strict=True):
        response = charge_off_session(fast_stand_in, anna, method)
        if decline_code is None:
            assert response.json["status"] == "succeeded"
        else:
            assert response.status == 402
            assert response.json["error"]["decline_code"] == decline_code


def test_a_setup_for_on_session_payments_is_not_one_for_off_session(
    fast_stand_in: Stripe,
) -> None:
    """A card that was set up for on-session payments still needs authentication off session."""
    anna = fast_stand_in.customer()
    card = "pm_card_authenticationRequiredOnSetup"
    method = set_up(fast_stand_in, anna, card, usage="on_session")
    refused = charge_off_session(fast_stand_in, anna, method)
    assert refusal(refused, 402)[0] == "authentication_required"


@pytest.mark.parametrize("card", ["OnSetup", "SetupForOffSession", ""])
def test_on_session_payments_always_authenticate(fast_stand_in: Stripe, card: str) -> None:
    """With the customer present these cards require 3-D Secure, set up or not."""
    anna = fast_stand_in.customer()
    method = set_up(fast_stand_in, anna, f"pm_card_authenticationRequired{card}")
    assert charge(fast_stand_in, method, customer=anna).json["status"] == "requires_action"


def test_the_customer_finishes_a_refused_charge(fast_stand_in: Stripe) -> None:
    """A refused off-session charge leaves its intent, which the customer pays with 3-D Secure."""
    stripe = fast_stand_in
    anna = stripe.customer()
    card = set_up(stripe, anna, "pm_card_authenticationRequired")
    refused = charge_off_session(stripe, anna, card)
    assert refusal(refused, 402)[0] == "authentication_required"
    error = refused.json["error"]
    assert error["decline_code"] == "authentication_required"
    assert error["payment_method"]["id"] == card
    left = error["payment_intent"]
    assert left == stripe.call("GET", f"{INTENTS}/{left['id']}").json
    assert (left["status"], left["payment_method"]) == ("requires_payment_method", None)
    last = left["last_payment_error"]
    assert (last["code"], last["decline_code"]) == ("authentication_required",) * 2
    assert last["payment_method"]["id"] == card
    form = {"client_secret": left["client_secret"], "payment_method": card}
    browser = {"Authorization": "Bearer pk_test_x"}
    path = f"{INTENTS}/{left['id']}/confirm"
    asked = stripe.call("POST", path, form, headers=browser).json
    assert (asked["status"], asked["last_payment_error"]) == ("requires_action", None)
    done = authenticate(stripe, asked).json["payment_intent"]
    assert (done["status"], done["payment_method"]) == ("succeeded", card)


def test_a_refused_charge_is_finished_with_another_card(fast_stand_in: Stripe) -> None:
    """After a card that declines for good, the same intent is paid with a new one."""
    anna = fast_stand_in.customer()
    card = save(fast_stand_in, anna, "pm_card_chargeCustomerFail")
    left = charge_off_session(fast_stand_in, anna, card).json["error"]["payment_intent"]
    assert fast_stand_in.pay(left["id"], "pm_card_visa").json["status"] == "succeeded"


def test_a_payment_saves_its_card(fast_stand_in: Stripe) -> None:
    """With setup_future_usage, a payment attaches its card, which is then charged off session."""
    stripe = fast_stand_in
    anna = stripe.customer()
    card = "pm_card_authenticationRequiredOnSetup"
    paid = charge(stripe, card, customer=anna, **SAVING).json
    assert paid["status"] == "requires_action"
    assert stripe.call("GET", METHODS, {"customer": anna}).json["data"] == []
    done = authenticate(stripe, paid).json["payment_intent"]
    assert (done["status"], done["setup_future_usage"]) == ("succeeded", "off_session")
    [saved] = stripe.call("GET", METHODS, {"customer": anna}).json["data"]
    assert saved["id"] == done["payment_method"]
    [attached] = events(stripe, "payment_method.attached")
    assert attached["object"] == saved
    again = charge_off_session(stripe, anna, saved["id"])
    assert again.json["status"] == "succeeded"


def test_a_declined_payment_saves_nothing(fast_stand_in: Stripe) -> None:
    """If the payment is declined, its card is not attached."""
    anna = fast_stand_in.customer()
    declined = charge(fast_stand_in, "pm_card_chargeDeclined", customer=anna, **SAVING)
    assert declined.status == 402
    assert events(fast_stand_in, "payment_method.attached") == []


def test_a_session_saves_the_card_that_pays(fast_stand_in: Stripe) -> None:
    """A Session with payment_intent_data[setup_future_usage] attaches the card that pays."""
    anna = fast_stand_in.customer()
    form = {
        "mode": "payment",
        "customer": anna,
        "success_url": "https://shop.test/done",
        "payment_intent_data[setup_future_usage]": "off_session",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "500",
        "line_items[0][price_data][product_data][name]": "A night",
    }
    session = fast_stand_in.call("POST", "/v1/checkout/sessions", form).json["id"]
    card = {"payment_method": "pm_card_visa"}
    assert fast_stand_in.call("POST", f"/pay/{session}/pay", card).status == 200
    [saved] = fast_stand_in.call("GET", METHODS, {"customer": anna}).json["data"]
    assert charge_off_session(fast_stand_in, anna, saved["id"]).json["status"] == "succeeded"


def test_a_card_saved_without_a_customer_can_be_attached_afterwards(
    fast_stand_in: Stripe,
) -> None:
    """With setup_future_usage but no customer, the card is not spent and is attached later."""
    card = new_card(fast_stand_in)
    assert charge(fast_stand_in, card, **SAVING).json["status"] == "succeeded"
    form = {"customer": fast_stand_in.customer()}
    assert fast_stand_in.call("POST", f"{METHODS}/{card}/attach", form).status == 200


def test_contradictory_charges_are_refused(fast_stand_in: Stripe) -> None:
    """Off session needs a customer and a method, and can't save the card; no intent is made."""
    stripe = fast_stand_in
    anna = stripe.customer()
    card = save(stripe, anna)
    both = charge(stripe, card, customer=anna, off_session="true", **SAVING)
    assert refusal(both) == (
        None,
        "off_session",
        (
            "You cannot confirm with `off_session=true` when `setup_future_usage` is also set on "
            "the PaymentIntent. The customer needs to be on-session to perform the steps which may "
            "be required to set up the PaymentMethod for future usage. Please confirm this "
            "PaymentIntent with your customer on-session."
        ),
    )
    alone = charge(stripe, "pm_card_visa", off_session="true")
    assert refusal(alone)[:2] == ("parameter_missing", "customer")
    form = {"amount": "2000", "currency": "eur", "customer": anna}
    empty = stripe.call("POST", INTENTS, {**form, "confirm": "true", "off_session": "true"})
    assert refusal(empty)[0] == "payment_intent_unexpected_state"
    later = stripe.call("POST", INTENTS, {**form, "off_session": "true"})
    assert refusal(later)[1] == "off_session"
    assert stripe.call("GET", INTENTS).json["data"] == []
    saving = stripe.call("POST", INTENTS, {**form, **SAVING}).json["id"]
    confirmation = {"payment_method": card, "off_session": "true"}
    refused = stripe.call("POST", f"{INTENTS}/{saving}/confirm", confirmation)
    assert refusal(refused)[1] == "off_session"
