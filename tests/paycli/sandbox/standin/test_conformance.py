"""Responses and events conform to Stripe's OpenAPI document and example objects."""

import copy
from collections.abc import Iterator

import pytest

from harness.polling import wait_until
from harness.stripe import Stripe
from harness.stripe_schema import Json, example_keys, known_parameters, violations
from paycli.sandbox.standin import WebhookTarget
from paycli.sandbox.standin.resources.stripe_test_methods import CARDS
from paycli.sandbox.standin.routes import API_ROUTES

# Fields that Stripe's examples lack because they are present only in some states.
OPTIONAL_KEYS = {
    "checkout.session": {"return_url"},
    "refund": {"failure_reason", "pending_reason"},
    "review": {"payment_intent"},
    "charge": {"transfer"},
    "radar.early_fraud_warning": {"payment_intent"},
    "event": {"account"},
    "webhook_endpoint": {"secret"},
}
BACK = {"return_url": "https://shop.test/back"}
ITEM = {
    "line_items[0][quantity]": "2",
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "500",
    "line_items[0][price_data][product_data][name]": "A night",
}
SESSION = {"mode": "payment", "success_url": "https://shop.test/done", **ITEM}


def problems_of(obj: Json) -> list[str]:
    """Return how an object differs from Stripe's schema and from the keys of its example."""
    object_type = obj["object"]
    if object_type in {"list", "search_result"}:
        return [fault for inner in obj["data"] for fault in problems_of(inner)]
    problems = [f"{object_type}{fault}" for fault in violations(object_type, obj)]
    expected = example_keys(object_type)
    if object_type == "payment_method" and obj.get("type") != "card":
        expected = expected - {"card"} | {obj.get("type")}
    keys = set(obj)
    problems += [f"{object_type} lacks {key}" for key in expected - keys]
    problems += [
        f"{object_type} has {key}"
        for key in keys - expected - OPTIONAL_KEYS.get(object_type, set())
    ]
    if object_type == "event" and "data" in obj:
        problems += problems_of(obj["data"]["object"])
    return problems


def create(stripe: Stripe, path: str, **form: str) -> Json:
    """POST a request and return the object, which must conform."""
    response = stripe.call("POST", f"/v1/{path}", form)
    assert response.status == 200, response.json
    assert problems_of(response.json) == []
    return response.json


def add_customers(stripe: Stripe) -> None:
    """Add customers with cards that are saved, renewed and removed."""
    guest = create(stripe, "customers", name="Anna Example", email="guest@example.com")["id"]
    create(stripe, f"customers/{guest}", phone="+4930123456")
    renewed = create(stripe, "payment_methods/pm_card_visa/attach", customer=guest)["id"]
    stripe.control("payment_methods", payment_method=renewed, exp_month=12, exp_year=2040)
    stripe.control("payment_methods", payment_method=renewed, exp_month=1, exp_year=2041)
    typed = {"type": "card", "card[number]": "5555555555554444", "card[exp_month]": "2"}
    own = create(stripe, "payment_methods", **typed, **{"card[exp_year]": "41"})["id"]
    create(stripe, f"payment_methods/{own}/attach", customer=guest)
    erased = create(stripe, "customers")["id"]
    create(stripe, "payment_methods/pm_card_amex/attach", customer=erased)
    removed = create(stripe, "payment_methods/pm_card_amex/attach", customer=guest)["id"]
    create(stripe, f"payment_methods/{removed}/detach")
    assert stripe.call("DELETE", f"/v1/customers/{erased}").status == 200


def add_endpoint(stripe: Stripe) -> None:
    """Add a webhook endpoint for connected accounts, and disable it."""
    form = {"url": "https://pay.test/hook", "enabled_events[0]": "*", "connect": "true"}
    version = {"api_version": "2026-08-26.dahlia", "metadata[team]": "payments"}
    endpoint = create(stripe, "webhook_endpoints", **form, **version)["id"]
    create(stripe, f"webhook_endpoints/{endpoint}", disabled="true", description="Old")


def add_setups(stripe: Stripe) -> None:
    """Add SetupIntents in all states, and Sessions that save cards."""
    guest = create(stripe, "customers")["id"]
    setup = {"customer": guest, "confirm": "true", **BACK}
    for card in CARDS:
        stripe.call("POST", "/v1/setup_intents", {**setup, "payment_method": card.id})
    left = create(stripe, "setup_intents", description="Later")["id"]
    create(stripe, f"setup_intents/{left}", payment_method="pm_card_visa")
    create(stripe, f"setup_intents/{left}/cancel", cancellation_reason="abandoned")
    saved = create(stripe, "setup_intents", customer=guest)["id"]
    create(stripe, f"setup_intents/{saved}/confirm", payment_method="pm_card_visa", **BACK)
    form = {"mode": "setup", "currency": "eur", "success_url": "https://shop.test/done"}
    session = create(stripe, "checkout/sessions", customer=guest, **form)["id"]
    stripe.call("POST", f"/pay/{session}/pay", {"payment_method": "pm_card_visa"})
    create(stripe, "checkout/sessions", **form)
    component = {"components[payment_element][enabled]": "true"}
    create(stripe, "customer_sessions", customer=guest, **component)


def add_shares(stripe: Stripe) -> None:
    """Add payments that are shared with connected accounts, and give all of it back."""
    pay = {"amount": "2000", "currency": "eur", "confirm": "true", **BACK}
    pay["payment_method"] = "pm_card_visa"
    shared = create(
        stripe,
        "payment_intents",
        application_fee_amount="200",
        **pay,
        **{"transfer_data[destination]": "acct_1host"},
    )["id"]
    shares = {"reverse_transfer": "true", "refund_application_fee": "true"}
    create(stripe, "refunds", payment_intent=shared, amount="500", **shares)
    charge = create(stripe, "payment_intents", **pay)["latest_charge"]
    transfer = {"destination": "acct_1host", "source_transaction": charge, "currency": "eur"}
    sent = create(stripe, "transfers", amount="700", **transfer)["id"]
    create(stripe, f"transfers/{sent}/reversals", amount="100")


def add_responses(stripe: Stripe, paid: str) -> None:
    """Respond to an inquiry, and to the disputes of test cards."""
    inquiry = stripe.control("disputes", payment_intent=paid, inquiry=True)["id"]
    create(stripe, f"disputes/{inquiry}", submit="false", **{"evidence[customer_name]": "Anna"})
    create(stripe, f"disputes/{inquiry}", submit="true")
    stripe.control("disputes/close", dispute=inquiry)
    submitted, accepted = list_all(stripe, "/v1/disputes")[-2:]
    evidence = {"evidence[uncategorized_text]": "She stayed.", "metadata[case]": "7"}
    create(stripe, f"disputes/{submitted['id']}", **evidence)
    create(stripe, f"disputes/{accepted['id']}/close")


def add_holds(stripe: Stripe) -> None:
    """Add holds that are increased, captured in parts, and that end; and an embedded Session."""
    features = (
        "extended_authorization",
        "incremental_authorization",
        "multicapture",
        "overcapture",
    )
    requests = {
        f"payment_method_options[card][request_{feature}]": "if_available" for feature in features
    }
    form = {"amount": "2000", "currency": "eur", "capture_method": "manual", "confirm": "true"}
    held = {**form, "payment_method": "pm_card_visa", **requests, **BACK}
    path = "payment_intents"
    parts = create(stripe, path, **held)["id"]
    create(stripe, f"{path}/{parts}/increment_authorization", amount="3000", description="Longer")
    final = {"final_capture": "false"}
    create(stripe, f"{path}/{parts}/capture", amount_to_capture="1000", **final)
    create(stripe, f"{path}/{parts}/capture", amount_to_capture="0")
    partial = create(stripe, path, **held)["id"]
    create(stripe, f"{path}/{partial}/capture", amount_to_capture="1000", **final)
    declining = {**held, "payment_method": "pm_card_sandboxIncrementDeclined"}
    refused = create(stripe, path, **declining)["id"]
    increment = f"/v1/{path}/{refused}/increment_authorization"
    assert stripe.call("POST", increment, {"amount": "3000"}).status == 402
    create(stripe, path, **form, payment_method="pm_card_jcb", **BACK)
    stripe.control("clock", offset_seconds=31 * 86_400)
    stripe.control("clock", offset_seconds=0)
    ended = stripe.call("GET", f"/v1/{path}/{partial}").json
    assert (ended["status"], ended["amount_received"]) == ("succeeded", 1000)
    base = {name: value for name, value in SESSION.items() if name != "success_url"}
    embedded = {**base, "ui_mode": "embedded_page", "locale": "de", "submit_type": "book"}
    create(stripe, "checkout/sessions", **embedded, return_url="https://shop.test/done")


def add_payouts(stripe: Stripe) -> None:
    """Pay out what is available after the clock has moved, and fail to pay out more."""
    stripe.control("clock", offset_seconds=3 * 86_400)
    stripe.control("payouts")
    stripe.control("clock", offset_seconds=0)
    stripe.control("payouts", amount=500, failure_code="account_closed")


@pytest.fixture(scope="module")
def populated() -> Iterator[Stripe]:
    """A stand-in with objects in all states and events of all types."""
    endpoint = WebhookTarget("http://127.0.0.1:9/hook", ("whsec_1",), ("payment_intent.*",))
    with Stripe(settle_seconds=0.05, endpoints=[endpoint], seed=1) as stripe:
        for card in CARDS:
            form = {"amount": "2000", "currency": "usd", "confirm": "true", **BACK}
            stripe.call("POST", "/v1/payment_intents", {**form, "payment_method": card.id})
        for account in ("success", "insufficientFunds", "processing"):
            method = f"pm_usBankAccount_{account}"
            form = {"amount": "2000", "currency": "usd", "confirm": "true", **BACK}
            stripe.call("POST", "/v1/payment_intents", {**form, "payment_method": method})
        paid = create(stripe, "payment_intents", amount="2000", currency="eur")["id"]
        create(stripe, f"payment_intents/{paid}", description="Two nights")
        create(stripe, f"payment_intents/{paid}/confirm", payment_method="pm_card_visa", **BACK)
        for amount in ("100", "200"):
            create(stripe, "refunds", payment_intent=paid, amount=amount, reason="duplicate")
        held = create(
            stripe,
            "payment_intents",
            amount="2000",
            currency="eur",
            capture_method="manual",
            confirm="true",
            payment_method="pm_card_amex",
            **BACK,
        )["id"]
        create(stripe, f"payment_intents/{held}/capture", amount_to_capture="500")
        canceled = create(stripe, "payment_intents", amount="2000", currency="eur")["id"]
        create(stripe, f"payment_intents/{canceled}/cancel", cancellation_reason="duplicate")
        for odd_card in ("pm_card_pendingRefund", "pm_card_refundFail"):
            odd = create(
                stripe,
                "payment_intents",
                amount="2000",
                currency="eur",
                confirm="true",
                payment_method=odd_card,
                **BACK,
            )
            create(stripe, "refunds", payment_intent=odd["id"])
        bought = stripe.call("POST", "/v1/checkout/sessions", SESSION).json
        stripe.call("POST", f"/pay/{bought['id']}/pay", {"payment_method": "pm_card_visa"})
        late = stripe.call("POST", "/v1/checkout/sessions", SESSION).json
        stripe.call(
            "POST", f"/pay/{late['id']}/pay", {"payment_method": "pm_usBankAccount_success"}
        )
        failing = stripe.call("POST", "/v1/checkout/sessions", SESSION).json
        stripe.call(
            "POST",
            f"/pay/{failing['id']}/pay",
            {"payment_method": "pm_usBankAccount_insufficientFunds"},
        )
        left = stripe.call("POST", "/v1/checkout/sessions", SESSION).json
        create(stripe, f"checkout/sessions/{left['id']}/expire")
        dispute = stripe.control("disputes", payment_intent=paid)
        stripe.control("disputes/close", dispute=dispute["id"], status="won")
        add_responses(stripe, held)
        stripe.control("fraud_warnings", payment_intent=paid)
        review = stripe.control("reviews", payment_intent=paid)
        stripe.control("reviews/close", review=review["id"])
        returned = stripe.control("refunds", payment_intent=paid, status="requires_action")
        create(stripe, f"refunds/{returned['id']}/cancel")
        add_payouts(stripe)
        stripe.control("accounts", account="acct_1connected", charges_enabled=False)
        stripe.control("accounts", payouts_enabled=True)
        add_customers(stripe)
        host = create(stripe, "accounts", country="DE", email="host@example.com")["id"]
        urls = {"refresh_url": "https://shop.test/again", "return_url": "https://shop.test/done"}
        create(stripe, "account_links", account=host, type="account_onboarding", **urls)
        retrieved = stripe.call("GET", f"/v1/accounts/{host}")
        assert problems_of(retrieved.json) == []
        add_endpoint(stripe)
        add_setups(stripe)
        add_shares(stripe)
        add_holds(stripe)
        wait_until(lambda: has_settled(stripe), 5, "bank debits and refunds settle")
        yield stripe


def has_settled(stripe: Stripe) -> bool:
    """Return whether bank debits and refunds have settled."""
    types = [event["type"] for event in list_all(stripe, "/v1/events")]
    expected = {
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "refund.failed",
    }
    return expected <= set(types) and types.count("refund.updated") >= 5


def list_all(stripe: Stripe, path: str, account: str | None = None) -> list[Json]:
    """Return all objects of a list, page by page."""
    items: list[Json] = []
    form = {"limit": "100"}
    headers = {"Stripe-Account": account} if account else {}
    while True:
        page = stripe.call("GET", path, form, headers=headers).json
        items += page["data"]
        if not page["has_more"]:
            return items
        form["starting_after"] = page["data"][-1]["id"]


@pytest.mark.parametrize(
    "path",
    [
        *("payment_intents", "charges", "refunds", "checkout/sessions", "customers", "events"),
        *("disputes", "payment_methods", "setup_intents", "webhook_endpoints"),
        *("application_fees", "balance_transactions", "payouts", "transfers"),
    ],
)
def test_listed_and_retrieved_objects_conform(populated: Stripe, path: str) -> None:
    """Each listed object conforms, and is the same when it is retrieved by id."""
    listed = list_all(populated, f"/v1/{path}")
    assert listed
    for obj in listed:
        assert problems_of(obj) == []
        assert populated.call("GET", f"/v1/{path}/{obj['id']}").json == obj


def test_the_balance_conforms(populated: Stripe) -> None:
    """It has no id, so that it is not listed."""
    balance = populated.call("GET", "/v1/balance").json
    assert balance["pending"][0]["amount"] > 0
    assert problems_of(balance) == []


def test_events_of_a_connected_account_are_visible_only_to_it(populated: Stripe) -> None:
    """The event of a connected account has its id, and other accounts do not list it."""
    (event,) = list_all(populated, "/v1/events", "acct_1connected")
    assert event["account"] == "acct_1connected"
    assert problems_of(event) == []
    assert "acct_1connected" not in {
        event.get("account") for event in list_all(populated, "/v1/events")
    }


def test_every_event_type_is_covered(populated: Stripe) -> None:
    """Control: the fixture has events of all types that the stand-in can send."""
    types = {event["type"] for event in list_all(populated, "/v1/events")}
    assert types == {
        "account.updated",
        *(f"charge.{name}" for name in ("captured", "expired", "failed", "pending", "refunded")),
        *(f"charge.{name}" for name in ("succeeded", "updated")),
        "charge.refund.updated",
        *(
            f"charge.dispute.{name}"
            for name in ("closed", "created", "funds_reinstated", "funds_withdrawn", "updated")
        ),
        *(
            f"checkout.session.{name}"
            for name in ("async_payment_failed", "async_payment_succeeded", "completed", "expired")
        ),
        *(f"customer.{name}" for name in ("created", "deleted", "updated")),
        *(f"payment_method.{name}" for name in ("attached", "automatically_updated", "detached")),
        *(
            f"payment_intent.{name}"
            for name in (
                "amount_capturable_updated",
                "canceled",
                "created",
                "payment_failed",
                "processing",
                "requires_action",
                "succeeded",
            )
        ),
        *(f"payout.{name}" for name in ("created", "failed", "paid", "reconciliation_completed")),
        *(f"application_fee.{name}" for name in ("created", "refunded")),
        *(f"transfer.{name}" for name in ("created", "reversed")),
        "radar.early_fraud_warning.created",
        *(f"refund.{name}" for name in ("created", "failed", "updated")),
        *(f"review.{name}" for name in ("closed", "opened")),
        *(
            f"setup_intent.{name}"
            for name in ("canceled", "created", "requires_action", "setup_failed", "succeeded")
        ),
    }


def test_account_and_payment_methods_conform(populated: Stripe) -> None:
    """The account, with charges enabled, and all payment methods conform."""
    account = populated.call("GET", "/v1/account").json
    assert problems_of(account) == []
    assert account["charges_enabled"] is True
    methods = {charge["payment_method"] for charge in list_all(populated, "/v1/charges")}
    for method in methods:
        assert problems_of(populated.call("GET", f"/v1/payment_methods/{method}").json) == []


def test_the_payment_methods_of_a_customer_conform(populated: Stripe) -> None:
    """The methods of a customer are listed in Stripe's shape, and the same one by one."""
    customer = list_all(populated, "/v1/customers")[0]["id"]
    path = f"/v1/customers/{customer}/payment_methods"
    listed = list_all(populated, path)
    assert len(listed) > 1
    for method in listed:
        assert problems_of(method) == []
        assert populated.call("GET", f"{path}/{method['id']}").json == method


def test_expanded_objects_conform(populated: Stripe) -> None:
    """Expanded objects replace their ids and conform; other fields cannot be expanded."""
    paid = next(
        refund for refund in list_all(populated, "/v1/refunds") if refund["status"] == "succeeded"
    )
    form = {"expand[0]": "latest_charge.refunds", "expand[1]": "payment_method"}
    intent = populated.call("GET", f"/v1/payment_intents/{paid['payment_intent']}", form).json
    assert violations("payment_intent", intent) == []
    assert paid["id"] in {refund["id"] for refund in intent["latest_charge"]["refunds"]["data"]}
    assert intent["payment_method"]["object"] == "payment_method"
    sessions = list_all(populated, "/v1/checkout/sessions")
    session = next(session["id"] for session in sessions if session["mode"] == "payment")
    form = {"expand[]": "line_items"}
    expanded = populated.call("GET", f"/v1/checkout/sessions/{session}", form).json
    assert violations("checkout.session", expanded) == []
    assert expanded["line_items"]["data"][0]["amount_total"] == 1000
    listed = populated.call("GET", "/v1/refunds", {"expand[]": "data.charge", "limit": "1"}).json
    assert listed["data"][0]["charge"]["object"] == "charge"
    refused = populated.call("GET", f"/v1/refunds/{paid['id']}", {"expand[]": "reason"})
    assert refused.status == 400


@pytest.mark.parametrize(
    ("method", "path", "form", "status"),
    [
        ("POST", "/v1/payment_intents", {}, 400),
        ("POST", "/v1/payment_intents", {"amount": "x", "currency": "eur"}, 400),
        ("GET", "/v1/payment_intents/pi_none", {}, 404),
        ("GET", "/v1/nothing", {}, 404),
        (
            "POST",
            "/v1/payment_intents",
            {
                "amount": "2000",
                "currency": "eur",
                "confirm": "true",
                "payment_method": "pm_card_visa_chargeDeclined",
                "return_url": "https://shop.test/back",
            },
            402,
        ),
    ],
)
def test_errors_conform(
    populated: Stripe, method: str, path: str, form: dict[str, str], status: int
) -> None:
    """Errors conform to Stripe's schema, and name the request."""
    refused = populated.call(method, path, form)
    assert refused.status == status
    assert violations("error", refused.json) == []
    assert refused.json["error"]["request_log_url"].startswith("https://dashboard.stripe.com/")
    assert refused.headers["request-id"] in refused.json["error"]["request_log_url"]


def test_a_missing_key_and_a_wrong_type_are_detected(populated: Stripe) -> None:
    """Control: an object with a missing key, a surplus key or a wrong type does not conform."""
    for path in (
        "payment_intents",
        "charges",
        "refunds",
        "checkout/sessions",
        "customers",
        "disputes",
        "payment_methods",
        "setup_intents",
        "events",
    ):
        obj = list_all(populated, f"/v1/{path}")[0]
        for key in obj:
            lacking = {name: value for name, value in obj.items() if name != key}
            if key != "object" and key not in OPTIONAL_KEYS.get(obj["object"], ()):
                assert problems_of(lacking) != [], key
        assert problems_of({**obj, "surplus": 1}) != []
        wrong = copy.deepcopy(obj)
        wrong["created"] = "yesterday"
        assert problems_of(wrong) != []


def test_every_accepted_parameter_exists_at_stripe() -> None:
    """No route accepts a parameter that Stripe's OpenAPI document does not have."""
    for (method, path), route in API_ROUTES.items():
        assert set(route.schema) <= known_parameters(method, path), path
