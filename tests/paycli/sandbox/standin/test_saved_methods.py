"""Payment methods of customers: attaching, detaching, listing, and who can be charged with them."""

import pytest

from harness.saved_cards import METHODS, charge, events, new_card, refusal, save
from harness.stripe import Stripe

# The messages of Stripe's API, version 2026-08-26.dahlia.
SPENT = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
    "attachment, shared with a connected account without Customer attachment, or was detached from "
    "a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach "
    "it to a Customer first."
)
NOT_ATTACHABLE = (
    "This PaymentMethod was previously used without being attached to a Customer or was detached "
    "from a Customer, and may not be used again."
)


def test_a_card_is_attached_listed_charged_and_detached(fast_stand_in: Stripe) -> None:
    """An attached card is listed with its customer, can be charged repeatedly, and is detached."""
    stripe = fast_stand_in
    anna, ben = stripe.customer(), stripe.customer()
    first, second = save(stripe, anna), save(stripe, anna, "pm_card_mastercard")
    other = save(stripe, ben)
    listed = stripe.call("GET", f"/v1/customers/{anna}/payment_methods").json
    assert [method["id"] for method in listed["data"]] == [second, first]
    assert listed["url"] == f"/v1/customers/{anna}/payment_methods"
    by_filter = stripe.call("GET", METHODS, {"customer": anna, "type": "card"}).json
    assert by_filter["data"] == listed["data"]
    assert (
        stripe.call("GET", METHODS, {"customer": anna, "type": "us_bank_account"}).json["data"]
        == []
    )
    one = stripe.call("GET", f"/v1/customers/{anna}/payment_methods/{first}").json
    assert (one["card"]["last4"], one["customer"]) == ("4242", anna)
    assert stripe.call("GET", f"/v1/customers/{anna}/payment_methods/{other}").status == 404
    for _ in range(2):
        paid = charge(stripe, first, customer=anna).json
        assert (paid["status"], paid["customer"]) == ("succeeded", anna)
    detached = stripe.call("POST", f"{METHODS}/{first}/detach").json
    assert detached["customer"] is None
    assert stripe.call("GET", f"/v1/customers/{anna}/payment_methods/{first}").status == 404
    attached_event, detached_event = [
        event
        for event in events(stripe, "payment_method.attached", "payment_method.detached")
        if event["object"]["id"] == first
    ]
    assert attached_event["object"]["customer"] == anna
    assert detached_event["object"]["customer"] is None
    assert detached_event["previous_attributes"] == {"customer": anna}


def test_a_detached_card_can_never_be_used_again(fast_stand_in: Stripe) -> None:
    """A detached card is neither charged, nor attached, nor detached again."""
    stripe = fast_stand_in
    anna = stripe.customer()
    card = save(stripe, anna)
    assert stripe.call("POST", f"{METHODS}/{card}/detach").status == 200
    for form in ({}, {"customer": anna}):
        assert refusal(charge(stripe, card, **form)) == (None, None, SPENT)
    again = stripe.call("POST", f"{METHODS}/{card}/attach", {"customer": anna})
    assert refusal(again) == (None, None, NOT_ATTACHABLE)
    message = (
        "The payment method you provided is not attached to a customer so detachment is impossible."
    )
    assert refusal(stripe.call("POST", f"{METHODS}/{card}/detach")) == (None, None, message)


def test_a_card_is_charged_only_with_its_own_customer(fast_stand_in: Stripe) -> None:
    """Without the customer, or with another one, an attached card is refused; no intent is made."""
    stripe = fast_stand_in
    anna, ben = stripe.customer(), stripe.customer()
    card = save(stripe, anna)
    missing = (
        f"The `payment_method` parameter supplied {card} belongs to the Customer {anna}. Please "
        "include the Customer in the `customer` parameter on the PaymentIntent."
    )
    assert refusal(charge(stripe, card)) == ("parameter_missing", "source", missing)
    wrong = (
        f"The PaymentMethod {card} does not belong to the Customer you supplied {ben}. Please use "
        "this PaymentMethod with the Customer that it belongs to instead."
    )
    assert refusal(charge(stripe, card, customer=ben)) == (None, "payment_method", wrong)
    assert stripe.call("GET", "/v1/payment_intents").json["data"] == []
    intent = stripe.call(
        "POST", "/v1/payment_intents", {"amount": "2000", "currency": "eur", "customer": ben}
    ).json
    refused = stripe.pay(intent["id"], card)
    assert refusal(refused) == (None, "payment_method", wrong)
    assert refused.json["error"]["payment_intent"] == intent
    attached = stripe.call("POST", f"{METHODS}/{card}/attach", {"customer": ben})
    assert refusal(attached)[2] == (
        "The payment method you provided has already been attached to a customer."
    )
    assert stripe.call("POST", f"{METHODS}/{card}/attach", {"customer": anna}).status == 200


def test_a_card_that_is_used_without_a_customer_is_spent(fast_stand_in: Stripe) -> None:
    """A card that was charged without being attached can't be used again."""
    stripe = fast_stand_in
    anna = stripe.customer()
    card = new_card(stripe)
    assert charge(stripe, card).status == 200
    assert refusal(charge(stripe, card, customer=anna)) == (None, None, SPENT)
    attached = stripe.call("POST", f"{METHODS}/{card}/attach", {"customer": anna})
    assert refusal(attached) == (None, None, NOT_ATTACHABLE)


def test_a_deleted_customer_loses_its_cards(fast_stand_in: Stripe) -> None:
    """Deleting a customer detaches each card, and the customer can't be used anywhere."""
    stripe = fast_stand_in
    anna = stripe.customer()
    cards = {save(stripe, anna), save(stripe, anna, "pm_card_mastercard")}
    open_intent = stripe.call(
        "POST", "/v1/payment_intents", {"amount": "2000", "currency": "eur", "customer": anna}
    ).json["id"]
    assert stripe.call("DELETE", f"/v1/customers/{anna}").status == 200
    types = ("payment_method.detached", "customer.deleted")
    *detached, deleted = events(stripe, *types)
    assert {event["object"]["id"] for event in detached} == cards
    assert {event["previous_attributes"]["customer"] for event in detached} == {anna}
    assert deleted["object"]["id"] == anna
    missing = ("resource_missing", "customer", f"No such customer: '{anna}'")
    for card in cards:
        assert refusal(charge(stripe, card)) == (None, None, SPENT)
        assert refusal(charge(stripe, card, customer=anna)) == missing
    assert refusal(stripe.pay(open_intent, "pm_card_visa")) == missing
    attached = stripe.call("POST", f"{METHODS}/pm_card_visa/attach", {"customer": anna})
    assert refusal(attached) == missing
    assert refusal(stripe.call("GET", METHODS, {"customer": anna})) == missing
    assert stripe.call("GET", f"/v1/customers/{anna}/payment_methods").status == 404


def test_a_method_that_is_detached_during_3d_secure_is_not_charged(fast_stand_in: Stripe) -> None:
    """Completing 3-D Secure with a card that was detached meanwhile charges nothing."""
    stripe = fast_stand_in
    anna = stripe.customer()
    card = save(stripe, anna, "pm_card_threeDSecure2Required")
    intent = charge(stripe, card, customer=anna).json
    assert intent["status"] == "requires_action"
    stripe.call("POST", f"{METHODS}/{card}/detach")
    form = {"client_secret": intent["client_secret"], "result": "succeed"}
    done = stripe.call("POST", f"/pay/{intent['id']}/authenticate", form)
    assert refusal(done) == (None, None, SPENT)
    assert stripe.call("GET", "/v1/charges").json["data"] == []


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
def test_a_declining_card_can_not_be_attached(
    fast_stand_in: Stripe, card: str, code: str, decline_code: str
) -> None:
    """A card that declines payments is declined when it is attached: 402."""
    form = {"customer": fast_stand_in.customer()}
    refused = fast_stand_in.call("POST", f"{METHODS}/{card}/attach", form)
    assert refusal(refused, 402)[0] == code
    assert refused.json["error"]["decline_code"] == decline_code


def test_the_card_that_declines_only_payments_can_be_attached(fast_stand_in: Stripe) -> None:
    """The test card 4000 0000 0000 0341 is attached, and its payments are declined."""
    anna = fast_stand_in.customer()
    card = save(fast_stand_in, anna, "pm_card_chargeCustomerFail")
    assert refusal(charge(fast_stand_in, card, customer=anna), 402)[0] == "card_declined"


def test_a_renewed_card_shows_its_new_expiry(fast_stand_in: Stripe) -> None:
    """A new expiry is sent as `automatically_updated`, with the old one in the event."""
    stripe = fast_stand_in
    card = save(stripe, stripe.customer())
    before = stripe.call("GET", f"{METHODS}/{card}").json["card"]
    year = before["exp_year"] + 3
    changed = stripe.control(
        "payment_methods", payment_method=card, exp_month=before["exp_month"], exp_year=year
    )
    assert changed["card"]["exp_year"] == year
    [event] = events(stripe, "payment_method.automatically_updated")
    assert event["object"] == changed == stripe.call("GET", f"{METHODS}/{card}").json
    assert event["previous_attributes"] == {"card": {"exp_year": before["exp_year"]}}


@pytest.mark.parametrize(
    ("path", "form", "code", "param"),
    [
        ("pm_none/attach", {"customer": "CUSTOMER"}, "resource_missing", "payment_method"),
        ("pm_card_visa/attach", {}, "parameter_missing", "customer"),
        ("pm_card_visa/attach", {"customer": "cus_none"}, "resource_missing", "customer"),
    ],
)
def test_invalid_attachments_are_refused(
    fast_stand_in: Stripe, path: str, form: dict[str, str], code: str, param: str
) -> None:
    """An unknown method or customer, or no customer, is 400 and names the parameter."""
    customer = fast_stand_in.customer()
    sent = {name: customer if value == "CUSTOMER" else value for name, value in form.items()}
    assert refusal(fast_stand_in.call("POST", f"{METHODS}/{path}", sent))[:2] == (code, param)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("payment_intents", {"amount": "2000", "currency": "eur"}),
        (
            "checkout/sessions",
            {
                "mode": "payment",
                "success_url": "https://shop.test/done",
                "line_items[0][price_data][currency]": "usd",
                "line_items[0][price_data][unit_amount]": "500",
                "line_items[0][price_data][product_data][name]": "A night",
            },
        ),
    ],
)
def test_payments_need_an_existing_customer(
    fast_stand_in: Stripe, path: str, form: dict[str, str]
) -> None:
    """A payment or Session for an unknown customer is refused, and shows a known one expanded."""
    customer = fast_stand_in.customer(email="guest@example.com")
    refused = fast_stand_in.call("POST", f"/v1/{path}", {**form, "customer": "cus_none"})
    assert refusal(refused)[:2] == ("resource_missing", "customer")
    sent = {**form, "customer": customer, "expand[]": "customer"}
    created = fast_stand_in.call("POST", f"/v1/{path}", sent).json
    assert created["customer"]["email"] == "guest@example.com"
    listed = fast_stand_in.call("GET", f"/v1/{path}", {"customer": customer}).json["data"]
    assert [item["id"] for item in listed] == [created["id"]]
