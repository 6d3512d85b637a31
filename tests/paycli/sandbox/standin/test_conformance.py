"""Every answer and every event is as Stripe's OpenAPI document and example objects have it."""

import copy
from collections.abc import Iterator

import pytest

from harness.polling import wait_until
from harness.stripe import Stripe
from harness.stripe_schema import Json, example_keys, known_parameters, violations
from paycli.sandbox.standin import WebhookTarget
from paycli.sandbox.standin.resources.stripe_test_methods import CARDS
from paycli.sandbox.standin.routes import API_ROUTES

# What Stripe's examples leave out because it is there in some states only.
SOMETIMES = {
    "refund": {"failure_reason", "pending_reason"},
    "review": {"payment_intent"},
    "radar.early_fraud_warning": {"payment_intent"},
    "event": {"account"},
}
BACK = {"return_url": "https://shop.test/back"}
ITEM = {
    "line_items[0][quantity]": "2",
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "500",
    "line_items[0][price_data][product_data][name]": "A night",
}
SESSION = {"mode": "payment", "success_url": "https://shop.test/done", **ITEM}


def faults_of(it: Json) -> list[str]:
    """Return what is wrong with a Stripe object: its shape, and its set of keys."""
    kind = it["object"]
    if kind in {"list", "search_result"}:
        return [fault for inner in it["data"] for fault in faults_of(inner)]
    found = [f"{kind}{fault}" for fault in violations(kind, it)]
    expected = example_keys(kind)
    if kind == "payment_method" and it["type"] != "card":
        expected = expected - {"card"} | {it["type"]}
    keys = set(it)
    found += [f"{kind} lacks {key}" for key in expected - keys]
    found += [f"{kind} has {key}" for key in keys - expected - SOMETIMES.get(kind, set())]
    if kind == "event" and "data" in it:
        found += faults_of(it["data"]["object"])
    return found


def made(stripe: Stripe, path: str, **form: str) -> Json:
    """POST a request that must succeed and return what it made, which must be as it should be."""
    answer = stripe.call("POST", f"/v1/{path}", form)
    assert answer.status == 200, answer.json
    assert faults_of(answer.json) == []
    return answer.json


@pytest.fixture(scope="module")
def busy() -> Iterator[Stripe]:
    """Give a stand-in in which everything has happened that can."""
    endpoint = WebhookTarget("http://127.0.0.1:9/hook", ("whsec_1",), ("payment_intent.*",))
    with Stripe(settle_seconds=0.05, endpoints=[endpoint], seed=1) as stripe:
        for card in CARDS:
            form = {"amount": "2000", "currency": "usd", "confirm": "true", **BACK}
            stripe.call("POST", "/v1/payment_intents", {**form, "payment_method": card.id})
        for account in ("success", "insufficientFunds", "processing"):
            method = f"pm_usBankAccount_{account}"
            form = {"amount": "2000", "currency": "usd", "confirm": "true", **BACK}
            stripe.call("POST", "/v1/payment_intents", {**form, "payment_method": method})
        paid = made(stripe, "payment_intents", amount="2000", currency="eur")["id"]
        made(stripe, f"payment_intents/{paid}", description="Two nights")
        made(stripe, f"payment_intents/{paid}/confirm", payment_method="pm_card_visa", **BACK)
        for amount in ("100", "200"):
            made(stripe, "refunds", payment_intent=paid, amount=amount, reason="duplicate")
        held = made(
            stripe,
            "payment_intents",
            amount="2000",
            currency="eur",
            capture_method="manual",
            confirm="true",
            payment_method="pm_card_amex",
            **BACK,
        )["id"]
        made(stripe, f"payment_intents/{held}/capture", amount_to_capture="500")
        gone = made(stripe, "payment_intents", amount="2000", currency="eur")["id"]
        made(stripe, f"payment_intents/{gone}/cancel", cancellation_reason="duplicate")
        for odd_card in ("pm_card_pendingRefund", "pm_card_refundFail"):
            odd = made(
                stripe,
                "payment_intents",
                amount="2000",
                currency="eur",
                confirm="true",
                payment_method=odd_card,
                **BACK,
            )
            made(stripe, "refunds", payment_intent=odd["id"])
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
        made(stripe, f"checkout/sessions/{left['id']}/expire")
        dispute = stripe.control("disputes", payment_intent=paid)
        stripe.control("disputes/close", dispute=dispute["id"], status="won")
        stripe.control("fraud_warnings", payment_intent=paid)
        review = stripe.control("reviews", payment_intent=paid)
        stripe.control("reviews/close", review=review["id"])
        returned = stripe.control("refunds", payment_intent=paid, status="requires_action")
        made(stripe, f"refunds/{returned['id']}/cancel")
        stripe.control("payouts")
        stripe.control("payouts", failure_code="account_closed")
        stripe.control("accounts", account="acct_1connected", charges_enabled=False)
        stripe.control("accounts", payouts_enabled=True)
        wait_until(lambda: settled(stripe), 5, "bank debits and refunds settle")
        yield stripe


def settled(stripe: Stripe) -> bool:
    """Return whether the slow things are done."""
    types = [event["type"] for event in every(stripe, "/v1/events")]
    wanted = {
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "refund.failed",
    }
    return wanted <= set(types) and types.count("refund.updated") >= 5


def every(stripe: Stripe, path: str, account: str | None = None) -> list[Json]:
    """Return all objects of a list, page by page."""
    found: list[Json] = []
    form = {"limit": "100"}
    headers = {"Stripe-Account": account} if account else {}
    while True:
        page = stripe.call("GET", path, form, headers=headers).json
        found += page["data"]
        if not page["has_more"]:
            return found
        form["starting_after"] = page["data"][-1]["id"]


@pytest.mark.parametrize(
    "path",
    ["payment_intents", "charges", "refunds", "checkout/sessions", "events", "webhook_endpoints"],
)
def test_lists_are_as_stripe_has_them(busy: Stripe, path: str) -> None:
    """Each object of each list, and each by its own address, has Stripe's shape and keys."""
    listed = every(busy, f"/v1/{path}")
    assert listed
    for it in listed:
        assert faults_of(it) == []
        if path != "webhook_endpoints":
            assert busy.call("GET", f"/v1/{path}/{it['id']}").json == it


def test_connected_accounts_have_events_of_their_own(busy: Stripe) -> None:
    """The event of a connected account names it, and only that account sees it."""
    (event,) = every(busy, "/v1/events", "acct_1connected")
    assert event["account"] == "acct_1connected"
    assert faults_of(event) == []
    assert "acct_1connected" not in {it.get("account") for it in every(busy, "/v1/events")}


def test_everything_has_happened(busy: Stripe) -> None:
    """The control of this file: each type of event that can be sent was looked at."""
    types = {event["type"] for event in every(busy, "/v1/events")}
    assert types == {
        "account.updated",
        *(f"charge.{it}" for it in ("captured", "failed", "pending", "refunded", "succeeded")),
        "charge.refund.updated",
        *(
            f"charge.dispute.{it}"
            for it in ("closed", "created", "funds_reinstated", "funds_withdrawn", "updated")
        ),
        *(
            f"checkout.session.{it}"
            for it in ("async_payment_failed", "async_payment_succeeded", "completed", "expired")
        ),
        *(
            f"payment_intent.{it}"
            for it in (
                "amount_capturable_updated",
                "canceled",
                "created",
                "payment_failed",
                "processing",
                "requires_action",
                "succeeded",
            )
        ),
        *(f"payout.{it}" for it in ("created", "failed", "paid", "reconciliation_completed")),
        "radar.early_fraud_warning.created",
        *(f"refund.{it}" for it in ("created", "failed", "updated")),
        *(f"review.{it}" for it in ("closed", "opened")),
    }


def test_account_and_payment_methods(busy: Stripe) -> None:
    """The account, able to charge, and payment methods have Stripe's shape and keys."""
    account = busy.call("GET", "/v1/account").json
    assert faults_of(account) == []
    assert account["charges_enabled"] is True
    methods = {charge["payment_method"] for charge in every(busy, "/v1/charges")}
    for method in methods:
        assert faults_of(busy.call("GET", f"/v1/payment_methods/{method}").json) == []


def test_expanded_objects(busy: Stripe) -> None:
    """Expanded objects stand in their places, in Stripe's shape."""
    paid = next(it for it in every(busy, "/v1/refunds") if it["status"] == "succeeded")
    form = {"expand[0]": "latest_charge.refunds", "expand[1]": "payment_method"}
    it = busy.call("GET", f"/v1/payment_intents/{paid['payment_intent']}", form).json
    assert violations("payment_intent", it) == []
    assert paid["id"] in {refund["id"] for refund in it["latest_charge"]["refunds"]["data"]}
    assert it["payment_method"]["object"] == "payment_method"
    session = every(busy, "/v1/checkout/sessions")[0]["id"]
    form = {"expand[]": "line_items"}
    it = busy.call("GET", f"/v1/checkout/sessions/{session}", form).json
    assert violations("checkout.session", it) == []
    assert it["line_items"]["data"][0]["amount_total"] == 1000
    listed = busy.call("GET", "/v1/refunds", {"expand[]": "data.charge", "limit": "1"}).json
    assert listed["data"][0]["charge"]["object"] == "charge"
    refused = busy.call("GET", f"/v1/refunds/{paid['id']}", {"expand[]": "reason"})
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
def test_errors_are_as_stripe_has_them(
    busy: Stripe, method: str, path: str, form: dict[str, str], status: int
) -> None:
    """Errors have the shape of Stripe's, with the objects in them."""
    refused = busy.call(method, path, form)
    assert refused.status == status
    assert violations("error", refused.json) == []
    assert refused.json["error"]["request_log_url"].startswith("https://dashboard.stripe.com/")
    assert refused.headers["request-id"] in refused.json["error"]["request_log_url"]


def test_a_dropped_key_and_a_wrong_type_are_seen(busy: Stripe) -> None:
    """The control: an object that lacks a key, has another, or a wrong value, is found out."""
    for path in ("payment_intents", "charges", "refunds", "checkout/sessions", "events"):
        it = every(busy, f"/v1/{path}")[0]
        for key in it:
            lacking = {name: value for name, value in it.items() if name != key}
            if key != "object" and key not in SOMETIMES.get(it["object"], ()):
                assert faults_of(lacking) != [], key
        assert faults_of({**it, "surplus": 1}) != []
        wrong = copy.deepcopy(it)
        wrong["created"] = "yesterday"
        assert faults_of(wrong) != []


def test_stripe_knows_every_parameter_that_is_taken_here() -> None:
    """No route takes a parameter that Stripe does not have."""
    names = {"/v1/checkout/sessions": "session", "/v1/events": "id", "/v1/charges": "charge"}
    names |= {"/v1/payment_intents": "intent", "/v1/refunds": "refund"}
    for (method, path), route in API_ROUTES.items():
        head, _, tail = path.partition("/{id}")
        if head == "/v1/payment_methods":
            names[head] = "payment_method"
        theirs = f"{head}/{{{names[head]}}}{tail}" if "{id}" in path else path
        assert set(route.schema) <= known_parameters(method, theirs), theirs
