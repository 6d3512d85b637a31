"""SetupIntents and Sessions in mode `setup`: cards that are saved without a payment."""

import pytest

from harness.saved_cards import METHODS, NO_REDIRECTS, events, new_card, refusal, save
from harness.stripe import Stripe
from harness.stripe_schema import Json

SETUPS = "/v1/setup_intents"
SESSIONS = "/v1/checkout/sessions"
STATE = "setup_intent_unexpected_state"
SESSION = {"mode": "setup", "currency": "eur", "success_url": "https://shop.test/done"}


def set_up(stripe: Stripe, card: str, **form: str) -> Json:
    """Create and confirm a setup of a card."""
    sent = {**NO_REDIRECTS, "confirm": "true", "payment_method": card, **form}
    created = stripe.call("POST", SETUPS, sent)
    assert created.status == 200, created.json
    return created.json


def authenticate(stripe: Stripe, setup: Json, result: str = "succeed") -> Json:
    """Complete 3-D Secure of a setup; return the response."""
    form = {"client_secret": setup["client_secret"], "result": result}
    return stripe.call("POST", f"/pay/{setup['id']}/authenticate", form)


def types_of(stripe: Stripe, setup: str) -> list[str]:
    """Return the types of a setup's events, oldest first, and those of the card it attached."""
    return [event["type"] for event in stripe.run_in_loop(lambda: subject_events(stripe, setup))]


def subject_events(stripe: Stripe, setup: str) -> list[Json]:
    """Return the events that belong to a setup."""
    return [{"type": event.type} for event in stripe.store.events_by_subject[setup]]


def test_a_setup_attaches_the_card_to_its_customer(fast_stand_in: Stripe) -> None:
    """A setup is created, confirmed by the browser, and attaches its card, in this order."""
    stripe = fast_stand_in
    anna = stripe.customer()
    form = {"customer": anna, "metadata[reference]": "b-1", "description": "Card of b-1"}
    created = stripe.call("POST", SETUPS, form).json
    assert (created["status"], created["usage"]) == ("requires_payment_method", "off_session")
    assert created["client_secret"].startswith(f"{created['id']}_secret_")
    assert created["metadata"] == {"reference": "b-1"}
    path = f"{SETUPS}/{created['id']}"
    browser = {"Authorization": "Bearer pk_test_x"}
    assert stripe.call("GET", path, headers=browser).status == 400
    secret = {"client_secret": created["client_secret"]}
    assert stripe.call("GET", path, secret, headers=browser).json == created
    confirmation = {**secret, "payment_method": new_card(stripe)}
    done = stripe.call("POST", f"{path}/confirm", confirmation, headers=browser).json
    assert (done["status"], done["payment_method"]) == ("succeeded", confirmation["payment_method"])
    card = stripe.call("GET", f"{METHODS}/{done['payment_method']}").json
    assert card["customer"] == anna
    assert types_of(stripe, created["id"]) == [
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]
    assert stripe.call("GET", "/v1/charges").json["data"] == []


def test_setups_are_listed_by_customer_and_method(fast_stand_in: Stripe) -> None:
    """Setups are filtered by customer and by payment method, and expand both."""
    stripe = fast_stand_in
    anna, ben = stripe.customer(), stripe.customer()
    first, second = (set_up(stripe, "pm_card_visa", customer=each) for each in (anna, ben))
    for form in ({"customer": anna}, {"payment_method": first["payment_method"]}):
        listed = stripe.call("GET", SETUPS, form).json["data"]
        assert [setup["id"] for setup in listed] == [first["id"]]
    everything = stripe.call("GET", SETUPS).json["data"]
    assert [setup["id"] for setup in everything] == [second["id"], first["id"]]
    form = {"expand[0]": "payment_method", "expand[1]": "customer"}
    shown = stripe.call("GET", f"{SETUPS}/{first['id']}", form).json
    assert (shown["payment_method"]["customer"], shown["customer"]["id"]) == (anna, anna)


def test_a_card_that_is_attached_already_is_set_up_without_a_second_event(
    fast_stand_in: Stripe,
) -> None:
    """The setup of an attached card sends no `payment_method.attached`."""
    anna = fast_stand_in.customer()
    setup = set_up(fast_stand_in, save(fast_stand_in, anna), customer=anna)
    assert types_of(fast_stand_in, setup["id"]) == [
        "setup_intent.created",
        "setup_intent.succeeded",
    ]
    assert len(events(fast_stand_in, "payment_method.attached")) == 1


def test_a_setup_without_a_customer_leaves_the_card_to_be_attached(fast_stand_in: Stripe) -> None:
    """Without a customer the card stays unattached, and can be attached afterwards."""
    setup = set_up(fast_stand_in, "pm_card_visa")
    assert (setup["status"], setup["customer"]) == ("succeeded", None)
    form = {"customer": fast_stand_in.customer()}
    path = f"{METHODS}/{setup['payment_method']}/attach"
    assert fast_stand_in.call("POST", path, form).status == 200


@pytest.mark.parametrize(
    "card",
    [
        "pm_card_authenticationRequiredOnSetup",
        "pm_card_authenticationRequired",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
    ],
)
def test_3d_secure_during_a_setup(fast_stand_in: Stripe, card: str) -> None:
    """The customer authenticates first; only then is the card attached."""
    stripe = fast_stand_in
    anna = stripe.customer()
    setup = set_up(stripe, card, customer=anna)
    assert setup["status"] == "requires_action"
    assert setup["next_action"]["type"] == "use_stripe_sdk"
    assert stripe.call("GET", METHODS, {"customer": anna}).json["data"] == []
    done = authenticate(stripe, setup).json
    assert done["setup_intent"]["status"] == "succeeded"
    assert done["payment_intent"] is done["session"] is None
    [card_shown] = stripe.call("GET", METHODS, {"customer": anna}).json["data"]
    assert card_shown["id"] == setup["payment_method"]
    assert types_of(stripe, setup["id"]) == [
        "setup_intent.created",
        "setup_intent.requires_action",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]
    assert refusal(authenticate(stripe, setup))[0] == STATE


def test_failed_authentication_fails_the_setup(fast_stand_in: Stripe) -> None:
    """Failed 3-D Secure is 402 with the setup, which can be tried again with another card."""
    stripe = fast_stand_in
    anna = stripe.customer()
    setup = set_up(stripe, "pm_card_authenticationRequired", customer=anna)
    failed = authenticate(stripe, setup, "fail")
    assert refusal(failed, 402)[0] == "setup_intent_authentication_failure"
    left = failed.json["error"]["setup_intent"]
    assert (left["status"], left["payment_method"]) == ("requires_payment_method", None)
    assert left["last_setup_error"]["code"] == "setup_intent_authentication_failure"
    assert types_of(stripe, setup["id"])[-1] == "setup_intent.setup_failed"
    form = {"payment_method": "pm_card_visa"}
    again = stripe.call("POST", f"{SETUPS}/{setup['id']}/confirm", form).json
    assert (again["status"], again["last_setup_error"]) == ("succeeded", None)


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
def test_a_declined_card_fails_the_setup(
    fast_stand_in: Stripe, card: str, code: str, decline_code: str
) -> None:
    """A declined card is 402 with the setup, and is not attached."""
    stripe = fast_stand_in
    anna = stripe.customer()
    form = {**NO_REDIRECTS, "customer": anna, "confirm": "true", "payment_method": card}
    declined = stripe.call("POST", SETUPS, form)
    assert refusal(declined, 402)[0] == code
    error = declined.json["error"]
    assert (error["type"], error["decline_code"]) == ("card_error", decline_code)
    assert error["setup_intent"]["status"] == "requires_payment_method"
    assert error["setup_intent"]["last_setup_error"]["payment_method"]["customer"] is None
    assert stripe.call("GET", METHODS, {"customer": anna}).json["data"] == []
    assert types_of(stripe, error["setup_intent"]["id"]) == [
        "setup_intent.created",
        "setup_intent.setup_failed",
    ]


def test_the_card_that_declines_only_payments_is_set_up(fast_stand_in: Stripe) -> None:
    """The test card 4000 0000 0000 0341 is set up without a decline."""
    card = {"payment_method_data[card][number]": "4000000000000341"}
    setup = fast_stand_in.call("POST", SETUPS, {"customer": fast_stand_in.customer()}).json
    confirmation = {**card, "return_url": "https://shop.test/back"}
    done = fast_stand_in.call("POST", f"{SETUPS}/{setup['id']}/confirm", confirmation).json
    assert done["status"] == "succeeded"


def test_a_setup_is_changed_and_canceled(fast_stand_in: Stripe) -> None:
    """An open setup gets its method by an update, is canceled with a reason, and is then final."""
    stripe = fast_stand_in
    setup = stripe.call("POST", SETUPS, {"customer": stripe.customer()}).json
    path = f"{SETUPS}/{setup['id']}"
    form = {"payment_method": "pm_card_visa", "metadata[a]": "1", "description": "Later"}
    changed = stripe.call("POST", path, form).json
    assert (changed["status"], changed["description"]) == ("requires_confirmation", "Later")
    reason = {"cancellation_reason": "requested_by_customer"}
    canceled = stripe.call("POST", f"{path}/cancel", reason).json
    assert (canceled["status"], canceled["cancellation_reason"]) == (
        "canceled",
        "requested_by_customer",
    )
    assert types_of(stripe, setup["id"]) == ["setup_intent.created", "setup_intent.canceled"]
    for action, form, message in [
        ("/confirm", {}, "You cannot confirm this SetupIntent because it has been canceled."),
        ("/cancel", {}, "You cannot cancel this SetupIntent because it is already canceled."),
        (
            "",
            {"payment_method": "pm_card_visa"},
            "You cannot update this SetupIntent because it has been canceled.",
        ),
    ]:
        refused = stripe.call("POST", f"{path}{action}", form)
        assert refusal(refused) == (STATE, None, message)
        assert refused.json["error"]["setup_intent"] == canceled
    assert stripe.call("POST", path, {"metadata[a]": ""}).json["metadata"] == {}


def test_a_setup_that_succeeded_is_final(fast_stand_in: Stripe) -> None:
    """A setup that succeeded can be neither confirmed nor canceled."""
    setup = set_up(fast_stand_in, "pm_card_visa", customer=fast_stand_in.customer())
    path = f"{SETUPS}/{setup['id']}"
    for action, message in [
        ("confirm", "You cannot confirm this SetupIntent because it has already succeeded."),
        (
            "cancel",
            (
                "You cannot cancel this SetupIntent because it has a status of succeeded. Only a "
                "SetupIntent with one of the following statuses may be canceled: "
                "`requires_payment_method`, `requires_confirmation`, or `requires_action`."
            ),
        ),
    ]:
        assert refusal(fast_stand_in.call("POST", f"{path}/{action}")) == (STATE, None, message)


def test_invalid_setups_are_refused(fast_stand_in: Stripe) -> None:
    """An unknown customer, another customer's card, and a missing card are refused."""
    stripe = fast_stand_in
    anna, ben = stripe.customer(), stripe.customer()
    card = save(stripe, anna)
    unknown = stripe.call("POST", SETUPS, {"customer": "cus_none"})
    assert refusal(unknown)[:2] == ("resource_missing", "customer")
    wrong = stripe.call("POST", SETUPS, {"customer": ben, "payment_method": card})
    assert refusal(wrong) == (
        None,
        "payment_method",
        (
            f"The PaymentMethod {card} does not belong to the Customer you supplied {ben}. Please "
            "use this PaymentMethod with the Customer that it belongs to instead."
        ),
    )
    alone = stripe.call("POST", SETUPS, {"payment_method": card})
    assert refusal(alone) == (
        None,
        "payment_method",
        (
            f"The payment method supplied ({card}) belongs to the Customer {anna}. Please include "
            "the Customer in the `customer` parameter on the SetupIntent."
        ),
    )
    missing = stripe.call("POST", SETUPS, {"confirm": "true"})
    assert refusal(missing)[0] == STATE
    assert stripe.call("GET", SETUPS).json["data"] == []
    assert refusal(stripe.call("GET", f"{SETUPS}/seti_none"), 404)[:2] == (
        "resource_missing",
        "intent",
    )
    bank = stripe.call("POST", SETUPS, {"payment_method": "pm_usBankAccount_success"})
    assert refusal(bank)[1] == "payment_method"
    open_setup = stripe.call("POST", SETUPS, {"customer": anna}).json["id"]
    stripe.call("DELETE", f"/v1/customers/{anna}")
    form = {"payment_method": "pm_card_visa", "return_url": "https://shop.test/back"}
    late = stripe.call("POST", f"{SETUPS}/{open_setup}/confirm", form)
    assert refusal(late)[:2] == ("resource_missing", "customer")


def test_a_session_saves_a_card(fast_stand_in: Stripe) -> None:
    """A Session in mode setup has no amount, creates its setup, and completes when it succeeds."""
    stripe = fast_stand_in
    anna = stripe.customer()
    form = {
        **SESSION,
        "customer": anna,
        "metadata[reference]": "b-1",
        "setup_intent_data[metadata][reference]": "b-1",
        "setup_intent_data[description]": "Card of b-1",
        "expand[]": "setup_intent",
    }
    session = stripe.call("POST", SESSIONS, form).json
    setup = session["setup_intent"]
    assert (setup["customer"], setup["description"]) == (anna, "Card of b-1")
    assert setup["metadata"] == {"reference": "b-1"}
    assert (session["mode"], session["currency"], session["amount_total"]) == ("setup", "eur", None)
    assert (session["payment_status"], session["payment_intent"]) == ("no_payment_required", None)
    page = f"/pay/{session['id']}"
    declined = stripe.call("POST", f"{page}/pay", {"payment_method": "pm_card_visa_chargeDeclined"})
    assert refusal(declined, 402)[0] == "card_declined"
    form = {"payment_method": "pm_card_authenticationRequired"}
    paused = stripe.call("POST", f"{page}/pay", form).json
    assert paused["setup_intent"]["status"] == "requires_action"
    assert paused["session"]["status"] == "open"
    done = stripe.call("POST", f"{page}/authenticate", {"result": "succeed"}).json
    assert done["session"]["status"] == "complete"
    assert done["session"]["payment_status"] == "no_payment_required"
    assert [method["id"] for method in stripe.call("GET", METHODS, {"customer": anna}).json["data"]]
    assert types_of(stripe, setup["id"])[-3:] == [
        "payment_method.attached",
        "setup_intent.succeeded",
        "checkout.session.completed",
    ]


def test_an_expired_session_cancels_its_setup(fast_stand_in: Stripe) -> None:
    """Expiring a Session in mode setup cancels its SetupIntent; only the Session can do so."""
    stripe = fast_stand_in
    session = stripe.call("POST", SESSIONS, {**SESSION, "customer": stripe.customer()}).json
    setup = f"{SETUPS}/{session['setup_intent']}"
    assert refusal(stripe.call("POST", f"{setup}/cancel"))[0] == STATE
    expired = stripe.call("POST", f"{SESSIONS}/{session['id']}/expire").json
    assert expired["status"] == "expired"
    assert stripe.call("GET", setup).json["status"] == "canceled"
    paid = stripe.call("POST", f"/pay/{session['id']}/pay", {"payment_method": "pm_card_visa"})
    assert paid.status == 400


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"line_items": ""}, "line_items"),
        ({"payment_intent_data[description]": "x"}, "payment_intent_data"),
        ({"mode": "payment", "setup_intent_data[description]": "x"}, "setup_intent_data"),
        ({"mode": "subscription"}, "mode"),
        ({"customer": "cus_none"}, "customer"),
        ({"currency": ""}, "currency"),
    ],
)
def test_invalid_sessions_in_mode_setup_are_refused(
    fast_stand_in: Stripe, form: dict[str, str], param: str
) -> None:
    """A Session is refused with parameters of another mode, and the parameter is named."""
    refused = fast_stand_in.call("POST", SESSIONS, {**SESSION, **form})
    assert refusal(refused)[1] == param


def test_a_setup_session_needs_a_currency_or_method_types(fast_stand_in: Stripe) -> None:
    """Without a currency, the payment method types must be given."""
    form = {name: value for name, value in SESSION.items() if name != "currency"}
    assert refusal(fast_stand_in.call("POST", SESSIONS, form))[:2] == (
        "parameter_missing",
        "currency",
    )
    typed = {**form, "payment_method_types[0]": "card"}
    assert fast_stand_in.call("POST", SESSIONS, typed).json["currency"] is None
