"""For any request, the response is one of Stripe's and never a 500."""

import logging
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.scale import examples
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
def with_objects() -> Iterator[tuple[Stripe, list[str]]]:
    """A stand-in with objects of several types, and their ids."""
    with Stripe(seed=1, settle_seconds=0) as stripe:
        intent = stripe.call(
            "POST", "/v1/payment_intents", {"amount": "99", "currency": "eur"}
        ).json
        paid = stripe.pay(intent["id"]).json
        refund = stripe.call("POST", "/v1/refunds", {"payment_intent": intent["id"], "amount": "9"})
        fresh = stripe.call("POST", "/v1/payment_intents", {"amount": "99", "currency": "eur"})
        event = stripe.call("GET", "/v1/events").json["data"][0]
        ids = [
            intent["id"],
            paid["latest_charge"],
            refund.json["id"],
            fresh.json["id"],
            event["id"],
        ]
        yield stripe, [*ids, "none", "é", "%"]


@settings(max_examples=examples(150), deadline=None)
@given(
    route=st.sampled_from(ROUTES),
    id_index=st.integers(0, 7),
    form=FORMS,
    raw=st.none() | st.binary(),
)
def test_no_request_causes_a_server_error(
    with_objects: tuple[Stripe, list[str]],
    route: tuple[str, str],
    id_index: int,
    form: dict[str, str],
    raw: bytes | None,
) -> None:
    """Random parameters on every route are 200 or a client error."""
    stripe, ids = with_objects
    method, path = route
    encoded = urlencode(form, errors="replace")
    if raw is not None:
        encoded = re.sub(r"[^!-~]", "", raw.decode("latin-1"))
    path = path.replace("{id}", urlencode({"": ids[id_index]})[1:])
    target = f"{path}?{encoded}" if method == "GET" else path
    body = dict(form) if method == "POST" else None
    response = stripe.call(method, target, body)
    assert response.status in (200, 400, 402, 403, 404)


def test_a_bug_is_a_500_and_is_logged(
    fast_stand_in: Stripe, caplog: pytest.LogCaptureFixture
) -> None:
    """Control: an object without JSON causes a 500, and the log has the request's path."""
    intent_id = fast_stand_in.call(
        "POST", "/v1/payment_intents", {"amount": "99", "currency": "eur"}
    ).json["id"]
    charge = fast_stand_in.pay(intent_id).json["latest_charge"]

    def replace_charge() -> None:
        old = fast_stand_in.store.objects[charge]
        fast_stand_in.store.objects[charge] = ObjectState(
            id=charge, scope=old.scope, created=old.created, number=old.number
        )

    fast_stand_in.run_in_loop(replace_charge)
    with caplog.at_level(logging.ERROR):
        response = fast_stand_in.call(
            "GET", f"/v1/payment_intents/{intent_id}", {"expand[]": "latest_charge"}
        )
    assert (response.status, response.json["error"]["type"]) == (500, "api_error")
    assert f"/v1/payment_intents/{intent_id}" in caplog.text
