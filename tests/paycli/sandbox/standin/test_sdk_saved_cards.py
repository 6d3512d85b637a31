"""Stripe's SDK saves cards at the stand-in, charges them, and removes them."""

import pytest
import stripe

from harness.stripe import Stripe


def save(client: stripe.StripeClient, customer: str, card: str) -> stripe.SetupIntent:
    """Save a card by a SetupIntent that is confirmed at once."""
    return client.v1.setup_intents.create(
        {
            "customer": customer,
            "payment_method": card,
            "confirm": True,
            "usage": "off_session",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )


def charge(client: stripe.StripeClient, customer: str, method: str) -> stripe.PaymentIntent:
    """Charge a saved card without the customer."""
    return client.v1.payment_intents.create(
        {
            "amount": 2000,
            "currency": "eur",
            "customer": customer,
            "payment_method": method,
            "off_session": True,
            "confirm": True,
        }
    )


def test_a_card_is_saved_charged_and_removed(client: stripe.StripeClient) -> None:
    """A customer's card is saved, listed, charged off session, and detached for good."""
    guest = client.v1.customers.create({"email": "guest@example.com"})
    setup = save(client, guest.id, "pm_card_visa")
    assert setup.status == "succeeded"
    method = str(setup.payment_method)
    [listed] = client.v1.customers.payment_methods.list(guest.id).data
    assert (listed.id, listed.customer) == (method, guest.id)
    assert listed.card is not None
    assert (listed.card.brand, listed.card.last4) == ("visa", "4242")
    assert client.v1.customers.payment_methods.retrieve(guest.id, method) == listed
    assert client.v1.payment_methods.list({"customer": guest.id, "type": "card"}).data == [listed]
    paid = charge(client, guest.id, method)
    assert (paid.status, paid.payment_method) == ("succeeded", method)
    session = client.v1.customer_sessions.create(
        {"customer": guest.id, "components": {"payment_element": {"enabled": True}}}
    )
    assert session.client_secret.startswith("cuss_secret_")
    assert client.v1.payment_methods.detach(method).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="It may not be used again"):
        charge(client, guest.id, method)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.v1.payment_methods.attach(method, {"customer": guest.id})
    client.v1.customers.delete(guest.id)
    with pytest.raises(stripe.InvalidRequestError) as deleted:
        save(client, guest.id, "pm_card_visa")
    assert (deleted.value.code, deleted.value.param) == ("resource_missing", "customer")


def test_a_refused_charge_is_finished_on_session(
    client: stripe.StripeClient, fast_stand_in: Stripe
) -> None:
    """The error of a refused charge has the intent, which the customer finishes with its card."""
    guest = client.v1.customers.create()
    setup = save(client, guest.id, "pm_card_authenticationRequired")
    assert setup.next_action is not None
    secret = {"client_secret": str(setup.client_secret), "result": "succeed"}
    assert fast_stand_in.call("POST", f"/pay/{setup.id}/authenticate", secret).status == 200
    method = str(client.v1.setup_intents.retrieve(setup.id).payment_method)
    with pytest.raises(stripe.CardError) as refused:
        charge(client, guest.id, method)
    assert (refused.value.http_status, refused.value.code) == (402, "authentication_required")
    error = refused.value.error
    assert error is not None
    assert error.decline_code == "authentication_required"
    left = error.payment_intent
    assert left is not None
    assert left.status == "requires_payment_method"
    assert left.last_payment_error is not None
    assert left.last_payment_error.payment_method is not None
    assert left.last_payment_error.payment_method.id == method
    asked = client.v1.payment_intents.confirm(
        left.id, {"payment_method": method, "return_url": "https://shop.test/back"}
    )
    assert asked.status == "requires_action"
    secret = {"client_secret": str(asked.client_secret), "result": "succeed"}
    assert fast_stand_in.call("POST", f"/pay/{left.id}/authenticate", secret).status == 200
    assert client.v1.payment_intents.retrieve(left.id).status == "succeeded"


def test_a_session_saves_a_card(client: stripe.StripeClient, fast_stand_in: Stripe) -> None:
    """A Session in mode setup saves a card on its page, and shows its SetupIntent expanded."""
    guest = client.v1.customers.create()
    session = client.v1.checkout.sessions.create(
        {
            "mode": "setup",
            "customer": guest.id,
            "currency": "eur",
            "success_url": "https://shop.test/done",
            "setup_intent_data": {"metadata": {"reference": "b-1"}},
        }
    )
    card = {"payment_method": "pm_card_visa"}
    assert fast_stand_in.call("POST", f"/pay/{session.id}/pay", card).status == 200
    done = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent"]})
    assert (done.status, done.amount_total) == ("complete", None)
    setup = done.setup_intent
    assert isinstance(setup, stripe.SetupIntent)
    assert setup.metadata is not None
    assert (setup.status, setup.metadata["reference"]) == ("succeeded", "b-1")
    assert client.v1.setup_intents.list({"customer": guest.id}).data[0].id == setup.id
