"""The payment page saves cards, and pays with saved ones."""

import pytest

from harness.payment_page import Page, get_page, submit_form
from harness.saved_cards import METHODS, charge, save
from harness.stripe import Stripe
from harness.stripe_schema import Json

SETUP_SESSION = {
    "mode": "setup",
    "currency": "eur",
    "success_url": "https://shop.test/done?session={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://shop.test/back",
}
SESSION = {
    "mode": "payment",
    "success_url": "https://shop.test/done",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "2000",
    "line_items[0][price_data][product_data][name]": "A night",
}


def create(stripe: Stripe, path: str, **form: str) -> Json:
    """Create an intent or a Session."""
    created = stripe.call("POST", f"/v1/{path}", form)
    assert created.status == 200, created.json
    return created.json


def page_of(created: Json) -> tuple[str, dict[str, str]]:
    """Return the path of a page and its secret."""
    is_session = created["object"] == "checkout.session"
    secret = {} if is_session else {"client_secret": str(created["client_secret"])}
    return f"/pay/{created['id']}", secret


def show(stripe: Stripe, created: Json) -> Page:
    """Return the page of an intent or a Session."""
    path, secret = page_of(created)
    response = get_page(stripe, path, **secret)
    assert response.status == 200
    return Page(response)


def submit(stripe: Stripe, created: Json, card: str, do: str = "pay") -> Page:
    """Submit the form, and return the page with the result."""
    path, secret = page_of(created)
    response = submit_form(stripe, path, do=do, card=card, **secret)
    assert response.status == 303
    return Page(get_page(stripe, response.headers["location"]))


def chosen(page: Page) -> list[str]:
    """Return the values of the chosen radio buttons."""
    inputs = [attributes for tag, attributes in page.elements if tag == "input"]
    return [attributes["value"] for attributes in inputs if "checked" in attributes]


@pytest.mark.parametrize("flow", ["payment_intents", "checkout/sessions"])
def test_saved_cards_come_first_and_pay(stand_in: Stripe, flow: str) -> None:
    """The page shows the customer's cards before the test cards, and pays with one of them."""
    anna, ben = stand_in.customer(), stand_in.customer()
    old, new = save(stand_in, anna), save(stand_in, anna, "pm_card_mastercard")
    other = save(stand_in, ben, "pm_card_amex")
    stand_in.control("payment_methods", payment_method=new, exp_month=3, exp_year=2041)
    form = SESSION if flow == "checkout/sessions" else {"amount": "2000", "currency": "eur"}
    created = create(stand_in, flow, customer=anna, **form)
    page = show(stand_in, created)
    radios = [
        attributes["value"]
        for tag, attributes in page.elements
        if tag == "input" and attributes["name"] == "card"
    ]
    assert radios[:3] == [new, old, "pm_card_visa"]
    assert other not in radios
    assert chosen(page) == [new]
    for text in ("Your saved cards", "Mastercard ···· 4444", "03 / 41"):
        assert text in page.text
    assert "email" not in page.all("input", "name")
    assert submit(stand_in, created, old).state == "paid"
    assert stand_in.call("GET", "/v1/charges").json["data"][0]["payment_method"] == old


def test_the_card_of_another_customer_is_not_accepted(stand_in: Stripe) -> None:
    """A form with another customer's card is 422, and nothing is charged."""
    card = save(stand_in, stand_in.customer())
    form = {"amount": "2000", "currency": "eur"}
    for customer in ({}, {"customer": stand_in.customer()}):
        path, secret = page_of(create(stand_in, "payment_intents", **form, **customer))
        response = submit_form(stand_in, path, do="pay", card=card, **secret)
        assert response.status == 422
        assert "Choose a card." in Page(response).text


def test_a_refused_charge_is_finished_from_a_link(stand_in: Stripe) -> None:
    """After a refused off-session charge, its page offers the card, then 3-D Secure, and pays."""
    anna = stand_in.customer()
    card = save(stand_in, anna, "pm_card_authenticationRequired")
    save(stand_in, anna)
    refused = charge(stand_in, card, customer=anna, off_session="true").json["error"]
    left = refused["payment_intent"]
    page = show(stand_in, left)
    assert chosen(page) == [card]
    assert "This transaction requires authentication." in page.text
    step = submit(stand_in, left, card)
    assert step.state == "authentication"
    assert submit(stand_in, left, card, do="succeed").state == "paid"


@pytest.mark.parametrize("saving", [False, True])
def test_the_page_says_that_a_card_is_saved(stand_in: Stripe, *, saving: bool) -> None:
    """Only if a payment saves its card, the page says so, in both flows."""
    usage = {"setup_future_usage": "off_session"} if saving else {}
    of_session = {f"payment_intent_data[{name}]": value for name, value in usage.items()}
    pages = [
        create(stand_in, "payment_intents", amount="2000", currency="eur", **usage),
        create(stand_in, "checkout/sessions", **SESSION, **of_session),
    ]
    for created in pages:
        assert ("A new card is saved" in show(stand_in, created).text) is saving


@pytest.mark.parametrize("flow", ["setup_intents", "checkout/sessions"])
def test_a_setup_has_a_page_without_an_amount(stand_in: Stripe, flow: str) -> None:
    """The page of a setup saves a card: declined, then with 3-D Secure, then saved."""
    anna = stand_in.customer()
    save(stand_in, anna)
    form = SETUP_SESSION if flow == "checkout/sessions" else {"metadata[reference]": "b-1"}
    created = create(stand_in, flow, customer=anna, **form)
    page = show(stand_in, created)
    assert (page.state, "Save card" in page.text) == ("open", True)
    for text in ("EUR", "Pay", "Your saved cards"):
        assert text not in page.text
    declined = submit(stand_in, created, "pm_card_visa_chargeDeclined")
    assert "Your card was declined. The card was not saved." in declined.text
    step = submit(stand_in, created, "pm_card_authenticationRequired")
    assert step.state == "authentication"
    assert "Do you approve saving Visa ···· 3184" in step.text
    failed = submit(stand_in, created, "", do="fail")
    assert "The card was not saved." in failed.text
    submit(stand_in, created, "pm_card_authenticationRequired")
    saved = submit(stand_in, created, "", do="succeed")
    assert saved.state == "saved"
    assert "Card saved" in saved.text
    assert len(stand_in.call("GET", METHODS, {"customer": anna}).json["data"]) == 2
    for text in ("payment_method.attached", "setup_intent.succeeded", "SetupIntent"):
        assert text in saved.text
    links = saved.all("a", "href")
    assert links == (
        [f"https://shop.test/done?session={created['id']}"] if flow.startswith("check") else []
    )


@pytest.mark.parametrize("flow", ["setup_intents", "checkout/sessions"])
def test_a_setup_that_has_ended_saves_no_card(stand_in: Stripe, flow: str) -> None:
    """The page of a canceled setup or an expired Session has no form."""
    form = SETUP_SESSION if flow == "checkout/sessions" else {}
    created = create(stand_in, flow, customer=stand_in.customer(), **form)
    ending = "expire" if form else "cancel"
    assert stand_in.call("POST", f"/v1/{flow}/{created['id']}/{ending}").status == 200
    page = show(stand_in, created)
    assert page.state == ("expired" if form else "canceled")
    assert "The card was not saved." in page.text
    assert page.all("form", "method") == []
