"""The payment page's HTML: states, headers, escaping, and form validation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.daemon import Response
from harness.payment_page import Page, get_page, submit_form
from harness.polling import wait_until
from harness.stripe import Stripe, respond
from paycli.sandbox.standin import WebhookTarget
from paycli.sandbox.standin.api.params import Params
from paycli.sandbox.standin.payment_page.card_form import has_valid_check_digit, read
from paycli.sandbox.standin.payment_page.markup import Markup, fill, web_address

SESSION = {
    "mode": "payment",
    "success_url": "https://shop.test/done?session={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://shop.test/back",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "2000",
    "line_items[0][price_data][product_data][name]": "A night",
    "metadata[reference]": "booking-42",
}
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
JANUARY_2026 = 1_767_225_600


def create_intent(stripe: Stripe, **more: str) -> dict[str, str]:
    """Create a PaymentIntent; return its id, page and secret."""
    params = {"amount": "2000", "currency": "eur", **more}
    created = stripe.call("POST", "/v1/payment_intents", params).json
    return {
        "id": created["id"],
        "page": f"/pay/{created['id']}",
        "client_secret": created["client_secret"],
    }


def create_session(stripe: Stripe, **more: str) -> str:
    """Create a Checkout Session; return the path of its page."""
    return f"/pay/{stripe.call('POST', '/v1/checkout/sessions', {**SESSION, **more}).json['id']}"


def pay(stripe: Stripe, path: str, card: str, **more: str) -> Page:
    """Pay on a page with a test card, and return the page with the result."""
    response = submit_form(stripe, path, do="pay", card=card, **more)
    assert response.status == 303
    return Page(get_page(stripe, response.headers["location"]))


def test_pages_are_private_and_load_only_own_assets(stand_in: Stripe) -> None:
    """Pages are not stored, send no referrer, and load only this server's assets."""
    intent = create_intent(stand_in)
    for path in (intent["page"], "/pay/pi_none", create_session(stand_in)):
        response = get_page(stand_in, path, client_secret=intent["client_secret"])
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["x-content-type-options"] == "nosniff"
        policy = response.headers["content-security-policy"].split("; ")
        assert policy[0] == "default-src 'none'"
        assert {rule.split(" ", 1)[1] for rule in policy} == {"'none'", "'self'"}
        page = Page(response)
        loaded = [*page.all("link", "href"), *page.all("script", "src")]
        assert len(loaded) >= 2
        for asset in loaded:
            assert asset.startswith("/pay/assets/")
            assert stand_in.call("GET", asset).status == 200
        assert not page.all("div", "style")
    assert get_page(stand_in, "/pay/assets/markup.py").status == 404
    assert get_page(stand_in, "/pay/assets/../pages.py").status == 404


def test_an_unknown_payment_and_a_wrong_secret_have_error_pages(stand_in: Stripe) -> None:
    """An unknown payment is 404 and a wrong secret 403, each with an explanation."""
    intent = create_intent(stand_in)
    unknown = get_page(stand_in, "/pay/pi_none", client_secret="x")
    assert (unknown.status, "Payment not found" in Page(unknown).text) == (404, True)
    for query in ({}, {"client_secret": "pi_1_secret_1"}):
        wrong = get_page(stand_in, intent["page"], **query)
        assert (wrong.status, "This link is incomplete" in Page(wrong).text) == (403, True)
        assert (
            submit_form(stand_in, intent["page"], do="pay", card="pm_card_visa", **query).status
            == 403
        )
    assert stand_in.call("GET", f"/v1/payment_intents/{intent['id']}").json["status"] == (
        "requires_payment_method"
    )


def test_an_open_page_shows_the_payment(stand_in: Stripe) -> None:
    """The page shows amount, description, reference and test mode, for intents and Sessions."""
    intent = create_intent(
        stand_in, description="A transfer", **{"metadata[reference]": "booking-7"}
    )
    page = Page(get_page(stand_in, intent["page"], client_secret=intent["client_secret"]))
    for text in ("20.00", "EUR", "A transfer", "booking-7", "No real money moves", "close this"):
        assert text in page.text
    page = Page(get_page(stand_in, create_session(stand_in)))
    for text in ("20.00", "A night", "booking-42", "Cancel and return to shop.test"):
        assert text in page.text
    assert "https://shop.test/back" in page.all("a", "href")
    assert (
        page.all("label", "for") == page.all("input", "id") == ["email", "number", "expiry", "cvc"]
    )


@pytest.mark.parametrize(
    ("card", "state", "text"),
    [
        ("pm_card_visa", "paid", "Payment succeeded"),
        ("pm_usBankAccount_processing", "processing", "Payment processing"),
        ("pm_card_visa_chargeDeclined", "open", "Your card was declined."),
        ("pm_card_chargeDeclinedExpiredCard", "open", "Your card has expired."),
        ("pm_card_threeDSecure2Required", "authentication", "Confirm this payment"),
    ],
)
def test_each_card_leads_to_its_state(stand_in: Stripe, card: str, state: str, text: str) -> None:
    """The result is shown after a redirect, so that reloading the page does not pay again."""
    intent = create_intent(stand_in, currency="usd")
    page = pay(stand_in, intent["page"], card, client_secret=intent["client_secret"])
    assert (page.state, text in page.text) == (state, True)
    assert intent["client_secret"] not in page.text


def test_manual_capture_shows_an_authorized_payment(stand_in: Stripe) -> None:
    """With manual capture the page shows that the payment is authorized."""
    path = create_session(stand_in, **{"payment_intent_data[capture_method]": "manual"})
    assert pay(stand_in, path, "pm_card_visa").state == "authorized"


def test_a_completed_payment_can_not_be_paid(stand_in: Stripe) -> None:
    """A paid, canceled or expired page has no form, and a submitted form charges nothing."""
    paid, expired, canceled = (
        create_session(stand_in),
        create_session(stand_in),
        create_intent(stand_in),
    )
    secret = {"client_secret": canceled["client_secret"]}
    pay(stand_in, paid, "pm_card_visa")
    stand_in.call("POST", f"/v1/checkout/sessions/{expired.removeprefix('/pay/')}/expire")
    stand_in.call("POST", f"/v1/payment_intents/{canceled['id']}/cancel")
    for path, state in ((paid, "paid"), (expired, "expired"), (canceled["page"], "canceled")):
        page = Page(get_page(stand_in, path, **secret if path == canceled["page"] else {}))
        assert (page.state, page.all("form", "action")) == (state, [])
    charges = stand_in.call("GET", "/v1/charges").json["data"]
    for path, more in ((paid, {}), (expired, {}), (canceled["page"], secret)):
        response = submit_form(stand_in, path, do="pay", card="pm_card_visa", **more)
        assert response.status in (303, 400)
    assert stand_in.call("GET", "/v1/charges").json["data"] == charges


def test_a_session_expires_at_expires_at(stand_in: Stripe) -> None:
    """After expires_at, the page shows that the Session has expired."""
    path = create_session(stand_in)
    stand_in.control("clock", offset_seconds=86_401)
    assert Page(get_page(stand_in, path)).state == "expired"


def test_the_3d_secure_page(stand_in: Stripe) -> None:
    """It shows amount and card; if it is not required, it redirects to the payment's page."""
    path = create_session(stand_in)
    early = get_page(stand_in, f"{path}/authenticate")
    assert (early.status, early.headers["location"]) == (303, path)
    step = pay(stand_in, path, "pm_card_threeDSecure2Required")
    assert "20.00 EUR" in step.text
    assert "3220" in step.text
    back = Page(get_page(stand_in, path))
    assert back.state == "authentication"
    assert f"{path}/authenticate" in back.all("a", "href")
    failed = submit_form(stand_in, path, do="fail")
    page = Page(get_page(stand_in, failed.headers["location"]))
    assert (page.state, "was not authenticated" in page.text) == ("open", True)
    again = submit_form(stand_in, path, do="fail")
    assert (again.status, "requires no action" in Page(again).text) == (400, True)


def test_the_return_url_of_an_intent(stand_in: Stripe) -> None:
    """After payment, the link leads to the return_url with Stripe's parameters."""
    intent = create_intent(stand_in)
    form = {"payment_method": "pm_card_threeDSecure2Required", "return_url": "https://s.test/?a=1"}
    stand_in.call("POST", f"/v1/payment_intents/{intent['id']}/confirm", form)
    secret = intent["client_secret"]
    done = submit_form(stand_in, intent["page"], do="succeed", client_secret=secret)
    (onward,) = Page(get_page(stand_in, done.headers["location"])).all("a", "href")
    assert onward == (
        f"https://s.test/?a=1&payment_intent={intent['id']}"
        f"&payment_intent_client_secret={secret}&redirect_status=succeeded"
    )


def test_an_entered_card(stand_in: Stripe) -> None:
    """An error is shown at its field, without a payment; only the CVC is cleared."""
    intent = create_intent(stand_in)
    card = {"card": "typed", "number": "4242 4242 4242 4242", "expiry": "12 / 30", "cvc": "987"}
    form = {"do": "pay", "client_secret": intent["client_secret"], **card}
    wrong = submit_form(stand_in, intent["page"], **{**form, "number": "4242 4242 4242 4241"})
    page = Page(wrong)
    assert (wrong.status, "Your card number is invalid." in page.text) == (422, True)
    assert page.all("input", "aria-invalid") == ["true", "false", "false"]
    assert "4242 4242 4242 4241" in page.all("input", "value")
    assert "987" not in wrong.body.decode()
    real = submit_form(stand_in, intent["page"], **{**form, "number": "4111 1111 1111 1111"})
    assert (real.status, "only Stripe's test cards" in Page(real).text) == (402, True)
    paid = submit_form(stand_in, intent["page"], **form)
    assert Page(get_page(stand_in, paid.headers["location"])).state == "paid"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("number", "", "Your card number is incomplete."),
        ("number", "4242", "Your card number is invalid."),
        ("number", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "Your card number is invalid."),
        ("expiry", "", "Your card's expiration date is incomplete"),
        ("expiry", "13/30", "Your card's expiration month is invalid."),
        ("expiry", "12/25", "Your card's expiration date is in the past."),
        ("expiry", "12/2025", "Your card's expiration date is in the past."),
        ("cvc", "", "Your card's security code is incomplete."),
        ("cvc", "12", "Your card's security code is incomplete."),
        ("card", "pm_card_none", "Choose a card."),
    ],
)
def test_each_field_is_validated(field: str, value: str, message: str) -> None:
    """Each field has its error; the expiry date is compared with the given time."""
    good = {"card": "typed", "number": "4242424242424242", "expiry": "1/26", "cvc": "123"}
    assert not read(Params(good), JANUARY_2026).errors
    wrong = read(Params({**good, field: value}), JANUARY_2026).errors or {}
    assert list(wrong) == [field]
    assert wrong[field].startswith(message)


def test_an_american_express_security_code_has_four_digits() -> None:
    """For American Express, three digits are an error."""
    amex = {"card": "typed", "number": "3782 822463 10005", "expiry": "0126"}
    assert not read(Params({**amex, "cvc": "1234"}), JANUARY_2026).errors
    assert read(Params({**amex, "cvc": "123"}), JANUARY_2026).errors


# Numbers from ISO/IEC 7812's published examples and Stripe's list of test cards.
@pytest.mark.parametrize("number", ["79927398713", "4242424242424242", "378282246310005"])
def test_the_check_digit(number: str) -> None:
    """Of all last digits, only the check digit is valid."""
    assert [digit for digit in "0123456789" if has_valid_check_digit(number[:-1] + digit)] == [
        number[-1]
    ]


def test_markup_in_callers_data_stays_text(stand_in: Stripe) -> None:
    """Markup in description, reference, name, email or card number is shown as text."""
    intent = create_intent(stand_in, description=HOSTILE, **{"metadata[reference]": HOSTILE})
    secret = {"client_secret": intent["client_secret"]}
    pages = [Page(get_page(stand_in, intent["page"], **secret))]
    name = "line_items[0][price_data][product_data][name]"
    path = create_session(
        stand_in,
        **{name: HOSTILE, "metadata[reference]": HOSTILE + "2"},
        success_url=f"https://shop.test/{HOSTILE}",
        cancel_url=f"https://{HOSTILE}/",
    )
    pages.append(Page(get_page(stand_in, path)))
    pages.append(
        Page(submit_form(stand_in, path, do="pay", card="typed", number=HOSTILE, email=HOSTILE))
    )
    record = dict.fromkeys(("topic", "partition", "offset", "type", "event_id"), HOSTILE)
    stand_in.add_record(intent["id"], record)
    pages.append(Page(get_page(stand_in, intent["page"], **secret)))
    pages.append(pay(stand_in, path, "pm_card_visa"))
    for page in pages:
        assert HOSTILE in page.text
        assert len([tag for tag, _ in page.elements if tag == "script"]) == 1
        assert not [tag for tag, _ in page.elements if tag == "img"]
        assert not [attrs for _, attrs in page.elements if "onerror" in attrs]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JavaScript:alert(1)//https://x", "data:text/html,x", "//x", "x"]
)
def test_only_http_urls_become_links(stand_in: Stripe, url: str) -> None:
    """A URL that is not http or https is not a link, even where Stripe accepts it."""
    intent = create_intent(stand_in)
    form = {"payment_method": "pm_card_visa", "return_url": url}
    stand_in.call("POST", f"/v1/payment_intents/{intent['id']}/confirm", form)
    page = Page(get_page(stand_in, intent["page"], client_secret=intent["client_secret"]))
    assert (page.state, page.all("a", "href")) == ("paid", [])
    assert web_address(url) is None
    refused = stand_in.call("POST", "/v1/checkout/sessions", {**SESSION, "success_url": url})
    assert refused.status == 400


@given(st.text())
def test_any_text_is_escaped(text: str) -> None:
    """Any text in a template is parsed as the same text and the same attribute value."""
    link = Page(Response(200, {}, fill("form.cancel", url=text, host=text).encode()))
    assert [tag for tag, _ in link.elements] == ["p", "a"]
    assert link.all("a", "href") == [text]
    assert text in link.text


def test_markup_is_not_escaped_again() -> None:
    """Control: Markup is inserted unescaped, text is escaped."""
    assert "<script>" in fill("form.error", name="n", text=Markup(HOSTILE))
    assert "<script>" not in fill("form.error", name="n", text=HOSTILE)


def test_the_activity_panel(stand_in: Stripe) -> None:
    """It shows each event's status, each webhook's response and each record's position."""
    receiver = Stripe()
    with receiver:
        receiver.inject(
            respond(503, {"code": "not_persisted"}), respond(200, {"outcome": "published"})
        )
        endpoint = WebhookTarget(f"{receiver.url}/hook", ("whsec_1",), ("payment_intent.created",))
        stand_in.add_webhook_target(endpoint)
        intent = create_intent(stand_in)
        secret = {"client_secret": intent["client_secret"]}
        events = f"{intent['page']}/events"

        def page_text() -> str:
            return Page(get_page(stand_in, intent["page"], **secret)).text

        wait_until(lambda: "200 published" in page_text(), 5, "the webhook is delivered")
    (event,) = stand_in.call("GET", events, secret).json["events"]
    assert [attempt["detail"] for attempt in event["webhooks"]] == ["not_persisted", "published"]
    position = {"topic": "t", "partition": 3, "offset": 14, "type": "PaymentCreatedEvent"}
    stand_in.add_record(intent["id"], {**position, "event_id": event["id"]})
    stand_in.add_record(intent["id"], {**position, "offset": 15})
    stand_in.pay(intent["id"])
    text = " ".join(page_text().split())
    for part in (
        "payment_intent.created",
        "status requires_payment_method Webhook 503 not_persisted Webhook 200 published Kafka",
        "Kafka PaymentCreatedEvent t partition 3, offset 14",
        "charge.succeeded",
        "not sent: no endpoint is subscribed",
        "status succeeded",
        "t partition 3, offset 15",
        "3 Stripe events, 1 webhook delivered, 2 Kafka records",
    ):
        assert part in text
