"""Whatever is sent, the answer is one of Stripe's, never a failure of the stand-in itself."""

import logging
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.stripe import Stripe
from paycli.sandbox.standin.routes import API_ROUTES
from paycli.sandbox.standin.store.objects import ObjectState

ROUTES = sorted(API_ROUTES)
NAMES = sorted({name for route in API_ROUTES.values() for name in route.schema})
VALUES = st.sampled_from(
    [
        "",
        "0",
        "-1",
        "50",
        "99999999999",
        "eur",
        "jpy",
        "true",
        "payment",
        "pm_card_visa",
        "é",
        "1.5",
    ]
)
PATHS = st.sampled_from(
    ["", "[]", "[0]", "[a]", "[0][price_data][currency]", "[card][number]", "[", "]"]
)
FORMS = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), PATHS).map("".join), VALUES | st.text(max_size=8), max_size=8
)


@pytest.fixture(scope="module")
def lively() -> Iterator[tuple[Stripe, list[str]]]:
    """Give a stand-in with an object of each kind, and their ids."""
    with Stripe(seed=1, settle_seconds=0) as stripe:
        made = stripe.call("POST", "/v1/payment_intents", {"amount": "99", "currency": "eur"}).json
        paid = stripe.pay(made["id"]).json
        refund = stripe.call("POST", "/v1/refunds", {"payment_intent": made["id"], "amount": "9"})
        fresh = stripe.call("POST", "/v1/payment_intents", {"amount": "99", "currency": "eur"})
        event = stripe.call("GET", "/v1/events").json["data"][0]
        ids = [made["id"], paid["latest_charge"], refund.json["id"], fresh.json["id"], event["id"]]
        yield stripe, [*ids, "none", "é", "%"]


@settings(max_examples=300, deadline=None)
@given(
    route=st.sampled_from(ROUTES), which=st.integers(0, 7), form=FORMS, raw=st.none() | st.binary()
)
def test_no_request_makes_it_fail(
    lively: tuple[Stripe, list[str]],
    route: tuple[str, str],
    which: int,
    form: dict[str, str],
    raw: bytes | None,
) -> None:
    """Random parameters on every route are answered, or refused by Stripe's rules; no 500."""
    stripe, ids = lively
    method, path = route
    encoded = urlencode(form, errors="replace")
    if raw is not None:
        encoded = re.sub(r"[^!-~]", "", raw.decode("latin-1"))
    path = path.replace("{id}", urlencode({"": ids[which]})[1:])
    target = f"{path}?{encoded}" if method == "GET" else path
    body = dict(form) if method == "POST" else None
    answer = stripe.call(method, target, body)
    assert answer.status in (200, 400, 402, 404)


def test_a_bug_is_a_500_and_logged(quick: Stripe, caplog: pytest.LogCaptureFixture) -> None:
    """The control: an object that can't be shown is answered with 500, and the log says where."""
    made = quick.call("POST", "/v1/payment_intents", {"amount": "99", "currency": "eur"}).json["id"]
    charge = quick.pay(made).json["latest_charge"]

    def spoil() -> None:
        old = quick.store.objects[charge]
        quick.store.objects[charge] = ObjectState(
            id=charge, scope=old.scope, created=old.created, number=old.number
        )

    quick.run_in_loop(spoil)
    with caplog.at_level(logging.ERROR):
        answer = quick.call("GET", f"/v1/payment_intents/{made}", {"expand[]": "latest_charge"})
    assert (answer.status, answer.json["error"]["type"]) == (500, "api_error")
    assert f"/v1/payment_intents/{made}" in caplog.text
