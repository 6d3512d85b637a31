"""The payment page in a real browser: accessibility, width, live updates, and without scripts."""

from collections.abc import Iterator

import pytest

from harness.browser import NARROW, WIDE, Browser, Keys
from harness.saved_cards import charge, save
from harness.stripe import Stripe

SESSION = {
    "mode": "payment",
    "success_url": "https://shop.test/done",
    "cancel_url": "https://a-shop-with-a-long-name.and-a-domain.test/back",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "99999999",
    "line_items[0][price_data][product_data][name]": "Two nights in Llanfairpwllgwyngyllgogerych",
    "metadata[reference]": "b" * 200,
}
STATES = ("open", "typed", "declined", "step", "paid", "canceled", "expired", "unknown")
SAVING_STATES = ("saved_cards", "refused", "setup", "setup_step", "saved")


@pytest.fixture
def page(stand_in: Stripe) -> str:
    """The URL of a new PaymentIntent's page."""
    return create_page(stand_in)


def create_page(stripe: Stripe, **more: str) -> str:
    """Create a PaymentIntent and return the URL of its page."""
    params = {"amount": "2000", "currency": "eur", **more}
    created = stripe.call("POST", "/v1/payment_intents", params).json
    return f"{stripe.url}/pay/{created['id']}?client_secret={created['client_secret']}"


def id_of(page: str) -> str:
    """Return the payment's id in the URL of its page."""
    return page.partition("/pay/")[2].partition("?")[0]


def choose(browser: Browser, card: str) -> None:
    """Choose a card and pay."""
    browser.click(f"input[value={card}]")
    browser.click("button.main")


def show(browser: Browser, stripe: Stripe, state: str, size: tuple[int, int]) -> None:
    """Open the page and bring it to a state."""
    session = stripe.call("POST", "/v1/checkout/sessions", SESSION).json
    page = create_page(stripe, **{"metadata[reference]": "b" * 200}) if state == "canceled" else ""
    if state == "expired":
        stripe.call("POST", f"/v1/checkout/sessions/{session['id']}/expire")
    if state == "canceled":
        stripe.call("POST", f"/v1/payment_intents/{id_of(page)}/cancel")
    unknown = f"{stripe.url}/pay/pi_none"
    browser.open(unknown if state == "unknown" else page or str(session["url"]), size)
    match state:
        case "typed":
            choose(browser, "typed")
            browser.wait(".error")
        case "declined":
            choose(browser, "pm_card_visa_chargeDeclinedInsufficientFunds")
            browser.wait("[role=alert]")
        case "step":
            choose(browser, "pm_card_threeDSecure2Required")
            browser.wait(".bank")
        case "paid":
            choose(browser, "pm_card_visa")
            browser.wait("#payment[data-state=paid]")
            record = {"topic": "payments.events", "partition": 3, "offset": 14}
            intent = browser.text("#objects code").split()[-1]
            stripe.add_record(intent, {**record, "type": "PaymentActionRequiredEvent"})
            browser.wait_text("#events", "PaymentActionRequiredEvent")


def show_saving(browser: Browser, stripe: Stripe, state: str, size: tuple[int, int]) -> None:
    """Open a page that saves a card, or pays with a saved one, and bring it to a state."""
    guest = stripe.customer()
    saved = save(stripe, guest, "pm_card_authenticationRequired")
    save(stripe, guest, "pm_card_mastercard")
    if state == "refused":
        error = charge(stripe, saved, customer=guest, off_session="true").json["error"]
        intent = error["payment_intent"]
        page = f"{stripe.url}/pay/{intent['id']}?client_secret={intent['client_secret']}"
    elif state == "saved_cards":
        page = create_page(stripe, customer=guest, setup_future_usage="off_session")
    else:
        form = {name: SESSION[name] for name in ("success_url", "cancel_url")}
        form |= {"mode": "setup", "currency": "eur", "customer": guest}
        page = stripe.call("POST", "/v1/checkout/sessions", form).json["url"]
    browser.open(page, size)
    if state in ("setup_step", "saved"):
        choose(browser, "pm_card_authenticationRequired")
        browser.wait(".bank")
    if state == "saved":
        browser.click("button[value=succeed]")
        browser.wait("#payment[data-state=saved]")


def check_both_color_schemes(browser: Browser) -> None:
    """Check accessibility, width and console of the page in light and in dark colors."""
    for dark in (False, True):
        browser.set_color_scheme(dark=dark)
        assert browser.horizontal_overflow() == 0
        assert browser.accessibility_problems() == []
    assert browser.console_errors() == []


@pytest.mark.parametrize("state", SAVING_STATES)
def test_pages_with_saved_cards_are_accessible(
    browser: Browser, stand_in: Stripe, state: str
) -> None:
    """Pages that save cards, or show saved ones, are as accessible and narrow as the others."""
    show_saving(browser, stand_in, state, NARROW)
    check_both_color_schemes(browser)


def test_a_refused_charge_is_finished_with_the_keyboard(browser: Browser, stand_in: Stripe) -> None:
    """The saved card is chosen already: Enter, 3-D Secure, and the refused payment succeeds."""
    show_saving(browser, stand_in, "refused", WIDE)
    browser.tab_to("button.main")
    browser.press(Keys.ENTER)
    browser.wait(".bank")
    browser.tab_to("button[value=succeed]")
    browser.press(Keys.ENTER)
    browser.wait("#payment[data-state=paid] h1:focus")


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_accessible(browser: Browser, stand_in: Stripe, state: str) -> None:
    """There are no accessibility violations, and no horizontal overflow at 320 pixels."""
    show(browser, stand_in, state, NARROW)
    check_both_color_schemes(browser)


def test_violations_are_detected(browser: Browser, page: str) -> None:
    """Control: a missing label, low contrast, a wide element and a foreign image are reported."""
    browser.open(page, NARROW)
    browser.click("input[value=typed]")
    browser.run("document.querySelector('label[for=number]').remove()")
    # axe-core accepts a placeholder as a label.
    browser.run("document.getElementById('number').removeAttribute('placeholder')")
    # The page's policy allows styles that are set by script.
    browser.run("document.querySelector('h2').style.color = '#aaa'")
    browser.run("document.querySelector('h1').style.width = '400px'")
    browser.run("document.body.append(Object.assign(new Image(), {src: 'https://x.test/y'}))")
    problems = " ".join(browser.accessibility_problems())
    assert "color-contrast: #activity-title" in problems
    assert "label: #number" in problems
    assert browser.horizontal_overflow() > 0
    assert any("Content Security Policy" in message for message in browser.console_errors())


def test_violations_of_one_color_scheme_are_detected(browser: Browser, page: str) -> None:
    """Control: colors that contrast too little are reported only in the scheme that has them."""
    browser.open(page, NARROW)
    browser.run("document.querySelector('h2').style.color = 'light-dark(#111, #333)'")
    browser.run("document.querySelector('h2').style.colorScheme = 'light dark'")
    assert browser.accessibility_problems() == []
    browser.set_color_scheme(dark=True)
    assert "color-contrast: #activity-title" in " ".join(browser.accessibility_problems())


def test_the_keyboard_is_enough(browser: Browser, page: str) -> None:
    """With Tab, arrows and Enter, a payment is declined and then paid with another card."""
    browser.open(page)
    browser.tab_to("input[name=card]")
    outlined = "document.querySelector(':focus').closest('.choice')"
    assert browser.run(f"return getComputedStyle({outlined}).outlineStyle") == "solid"
    browser.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    browser.tab_to("button.main")
    browser.press(Keys.ENTER)
    browser.wait("[role=alert]:focus")
    browser.tab_to("input[name=card]")
    browser.press(Keys.ARROW_UP)
    assert browser.run("return document.activeElement.value") == "typed"
    browser.tab_to("#number")
    for digits in ("4242424242424242", Keys.TAB, "1230", Keys.TAB, "123", Keys.ENTER):
        browser.press(digits)
    browser.wait("#payment[data-state=paid] h1:focus")
    assert browser.driver.title.startswith("Payment succeeded 20.00 EUR")


def test_an_error_moves_the_focus_to_its_field(browser: Browser, page: str) -> None:
    """Digits are grouped; the invalid field has the focus and describes its error."""
    browser.open(page)
    browser.click("input[value=typed]")
    browser.find("#number").send_keys("4242424242424242")
    browser.find("#expiry").send_keys("1220")
    browser.find("#cvc").send_keys("123")
    browser.click("button.main")
    browser.wait("#expiry[aria-invalid=true]:focus")
    assert browser.find("#number").get_attribute("value") == "4242 4242 4242 4242"
    assert browser.find("#expiry").get_attribute("value") == "12 / 20"
    assert browser.find("#cvc").get_attribute("value") == ""
    described = str(browser.find("#expiry").get_attribute("aria-describedby")).split()
    description = " ".join(browser.text(f"#{name}") for name in described)
    assert "Your card's expiration date is in the past." in description


def test_changes_elsewhere_are_shown(browser: Browser, stand_in: Stripe, page: str) -> None:
    """A payment that is canceled by the API, or paid in another window, updates the page."""
    other = create_page(stand_in)
    browser.open(page)
    browser.wait("#live[data-live=on]")
    stand_in.call("POST", f"/v1/payment_intents/{id_of(page)}/cancel")
    browser.wait("#payment[data-state=canceled]")
    browser.open(other)
    browser.wait("#live[data-live=on]")
    stand_in.pay(id_of(other))
    browser.wait("#payment[data-state=paid]")


def test_live_updates_keep_the_form(browser: Browser, stand_in: Stripe, page: str) -> None:
    """A new record does not change the fields or move the focus."""
    browser.open(page)
    browser.wait("#live[data-live=on]")
    browser.click("input[value=typed]")
    browser.find("#number").send_keys("4242")
    stand_in.add_record(id_of(page), {"type": "PaymentCreatedEvent", "offset": 7})
    browser.wait_text("#events", "offset 7")
    browser.wait("#number:focus")
    assert browser.find("#number").get_attribute("value") == "4242"


def test_a_lost_stream_reconnects(browser: Browser, stand_in: Stripe, page: str) -> None:
    """The page shows a lost connection, reconnects, and then shows what it missed."""
    browser.open(page)
    browser.wait("#live[data-live=on]")

    def close_connections() -> None:
        for connection in list(stand_in._connections):
            connection.close()

    stand_in.run_in_loop(close_connections)
    browser.wait("#live[data-live=waiting]")
    stand_in.add_record(id_of(page), {"type": "PaymentCreatedEvent", "offset": 7})
    browser.wait("#live[data-live=on]")
    browser.wait_text("#events", "offset 7")


@pytest.fixture
def without_streams(browser: Browser) -> Iterator[None]:
    """Disable Server-Sent Events in the browser."""
    script = browser.before_each_page("delete window.EventSource")
    yield
    browser.forget(script)


@pytest.mark.usefixtures("without_streams")
def test_paying_works_without_streams(browser: Browser, page: str) -> None:
    """Without Server-Sent Events the page pays, and shows the activity as of its loading."""
    browser.open(page)
    assert browser.run("return typeof EventSource") == "undefined"
    choose(browser, "pm_card_visa")
    browser.wait("#payment[data-state=paid]")
    browser.wait_text("#events", "payment_intent.succeeded")
    assert browser.text("#live") == "Reload the page to update"


@pytest.fixture
def without_scripts(browser: Browser) -> Iterator[None]:
    """Disable scripts in the browser."""
    browser.allow_scripts(allowed=False)
    yield
    browser.allow_scripts(allowed=True)


@pytest.mark.usefixtures("without_scripts")
def test_paying_works_without_scripts(browser: Browser, page: str) -> None:
    """Without scripts a payment is declined, then authenticated and paid, and paid only once."""
    browser.open(page)
    choose(browser, "pm_card_visa_chargeDeclined")
    browser.wait("[role=alert]")
    choose(browser, "pm_card_threeDSecure2Required")
    browser.click("button[value=succeed]")
    browser.wait("#payment[data-state=paid]")
    events = browser.text("#events code")
    browser.driver.refresh()
    assert browser.text("#events code") == events


def test_scripts_in_callers_data_do_not_run(browser: Browser, stand_in: Stripe) -> None:
    """Scripts in callers' data do not run, not even after live updates."""
    hostile = "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>"
    page = create_page(stand_in, description=hostile, **{"metadata[reference]": hostile + "2"})
    browser.open(page, WIDE)
    browser.wait("#live[data-live=on]")
    stand_in.add_record(id_of(page), {"type": hostile, "topic": hostile})
    browser.wait_text("#events", hostile)
    choose(browser, "pm_card_visa")
    browser.wait("#payment[data-state=paid]")
    assert browser.text(".facts").count(hostile) == 2
    assert browser.run("return window.ran === undefined")
    assert browser.console_errors() == []
