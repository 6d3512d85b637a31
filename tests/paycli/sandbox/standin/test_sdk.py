"""Stripe's SDK with the stand-in."""

import pytest
import stripe

from harness.polling import wait_until
from harness.stripe import Stripe
from harness.stripe_sdk import connect
from paycli.sandbox.standin.resources.stripe_test_methods import CARDS

LONG = "k" * 41
BACK = "https://shop.test/back"
ITEM = {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "A night"}}


def create(client: stripe.StripeClient, **more: object) -> stripe.PaymentIntent:
    """Create a PaymentIntent of 20.00 EUR."""
    params = {"amount": 2000, "currency": "eur", "automatic_payment_methods": {"enabled": True}}
    return client.v1.payment_intents.create({**params, **more})  # type: ignore[typeddict-item]  # as above


def pay(client: stripe.StripeClient, method: str, **more: object) -> stripe.PaymentIntent:
    """Create and confirm one with a test payment method."""
    return create(client, confirm=True, payment_method=method, return_url=BACK, **more)


def test_a_payment_from_creation_to_refund(client: stripe.StripeClient) -> None:
    """A payment is created, updated, paid and partially refunded; each change is visible."""
    created = create(client, metadata={"reference": "b-1", "room": "12"}, receipt_email="a@b.test")
    assert created.status == "requires_payment_method"
    assert created.client_secret is not None
    assert created.client_secret.startswith(f"{created.id}_secret_")
    changed = client.v1.payment_intents.update(
        created.id, {"amount": 3000, "metadata": {"room": "", "floor": "2"}, "receipt_email": ""}
    )
    assert (changed.amount, changed.receipt_email) == (3000, None)
    assert changed.metadata.to_dict() == {"reference": "b-1", "floor": "2"}
    paid = client.v1.payment_intents.confirm(
        created.id, {"payment_method": "pm_card_mastercard", "return_url": BACK}
    )
    assert (paid.status, paid.amount_received) == ("succeeded", 3000)
    assert isinstance(paid.latest_charge, str)
    charge = client.v1.charges.retrieve(paid.latest_charge)
    assert (charge.paid, charge.captured, charge.metadata.to_dict()) == (
        True,
        True,
        {"reference": "b-1", "floor": "2"},
    )
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.brand == "mastercard"
    refund = client.v1.refunds.create({"payment_intent": created.id, "amount": 1000})
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 1000, charge.id)
    noted = client.v1.refunds.update(refund.id, {"metadata": {"why": "late"}})
    assert noted.metadata is not None
    assert client.v1.refunds.retrieve(refund.id).metadata == noted.metadata
    assert client.v1.charges.retrieve(charge.id).amount_refunded == 1000
    assert [found.id for found in client.v1.charges.list({"payment_intent": created.id})] == [
        charge.id
    ]
    assert [found.id for found in client.v1.refunds.list({"payment_intent": created.id})] == [
        refund.id
    ]
    assert client.v1.payment_intents.retrieve(created.id) == paid


def test_shipping_has_all_of_stripes_keys(client: stripe.StripeClient) -> None:
    """Shipping is shown with all keys, can be removed, and needs a name."""
    address = {"line1": "Street 1", "country": "DE"}
    created = create(client, shipping={"name": "A Guest", "address": address})
    assert created.shipping is not None
    blank = dict.fromkeys(("city", "line2", "postal_code", "state"))
    assert created.shipping.to_dict() == {
        "name": "A Guest",
        "address": {**address, **blank},
        **dict.fromkeys(("carrier", "phone", "tracking_number")),
    }
    assert client.v1.payment_intents.update(created.id, {"shipping": ""}).shipping is None
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create(client, shipping={"address": address})
    assert refused.value.param == "shipping[name]"


def test_manual_capture(client: stripe.StripeClient) -> None:
    """An authorized amount is captured once, in full or in part."""
    held = pay(client, "pm_card_visa", capture_method="manual")
    assert (held.status, held.amount_capturable, held.amount_received) == (
        "requires_capture",
        2000,
        0,
    )
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.capture(held.id, {"amount_to_capture": 2001})
    assert (refused.value.code, refused.value.param) == ("amount_too_large", "amount_to_capture")
    taken = client.v1.payment_intents.capture(held.id, {"amount_to_capture": 500})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 500, 0)
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.payment_intents.capture(held.id)
    assert again.value.code == "payment_intent_unexpected_state"


def test_cancel(client: stripe.StripeClient) -> None:
    """A canceled payment can't be confirmed, and a successful one can't be canceled."""
    canceled = client.v1.payment_intents.cancel(
        create(client).id, {"cancellation_reason": "requested_by_customer"}
    )
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "requested_by_customer")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(canceled.id, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "payment_intent_unexpected_state"
    assert refused.value.error is not None
    assert refused.value.error.payment_intent is not None
    paid = pay(client, "pm_card_visa")
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.cancel(paid.id)


# https://docs.stripe.com/testing#declined-payments
DECLINED = {
    "4000000000000002": ("card_declined", "generic_decline"),
    "4000000000009995": ("card_declined", "insufficient_funds"),
    "4000000000009987": ("card_declined", "lost_card"),
    "4000000000009979": ("card_declined", "stolen_card"),
    "4000000000000069": ("expired_card", "expired_card"),
    "4000000000000127": ("incorrect_cvc", "incorrect_cvc"),
    "4000000000000119": ("processing_error", "processing_error"),
    "4000000000006975": ("card_declined", "card_velocity_exceeded"),
    "4100000000000019": ("card_declined", "fraudulent"),
}
AUTHENTICATED = {
    "4000002500003155",
    "4000002760003184",
    "4000003800000446",
    "4000008260003178",
    "4000000000003220",
    "4000000000003063",
    "4000008400001629",
}


@pytest.mark.parametrize("card", CARDS, ids=[card.id for card in CARDS])
def test_each_card_behaves_as_documented(client: stripe.StripeClient, card: object) -> None:
    """Test cards, by id and by number, succeed, are declined or require 3-D Secure."""
    identity, number = card.id, card.number  # type: ignore[attr-defined]  # of the table
    created = create(client)
    by_number = {"payment_method_data": {"type": "card", "card": {"number": number}}}
    for method in ({"payment_method": identity}, by_number):
        params = {**method, "return_url": BACK}
        if number in AUTHENTICATED:
            intent = client.v1.payment_intents.confirm(created.id, params)  # type: ignore[arg-type]  # both are accepted
            assert intent.status == "requires_action"
            assert intent.next_action is not None
            assert intent.next_action.redirect_to_url is not None
            assert intent.next_action.redirect_to_url.return_url == BACK
        elif number in DECLINED or number == "4000000000000341":
            with pytest.raises(stripe.CardError) as declined:
                client.v1.payment_intents.confirm(created.id, params)  # type: ignore[arg-type]  # both are accepted
            error = declined.value.error
            assert error is not None
            expected = DECLINED.get(number, ("card_declined", "generic_decline"))
            assert (declined.value.code, error.decline_code) == expected
            intent = client.v1.payment_intents.retrieve(created.id)
            assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
            assert intent.last_payment_error is not None
            assert intent.last_payment_error.decline_code == expected[1]
        else:
            assert pay(client, identity).status == "succeeded"


@pytest.mark.parametrize(("passed", "expected"), [("succeed", "succeeded"), ("fail", None)])
def test_three_d_secure(
    fast_stand_in: Stripe, client: stripe.StripeClient, passed: str, expected: str | None
) -> None:
    """After authentication the payment succeeds; failed authentication is the payment's error."""
    intent = pay(client, "pm_card_threeDSecure2Required")
    secret = str(intent.client_secret)
    form = {"client_secret": secret, "result": passed}
    fast_stand_in.call("POST", f"/pay/{intent.id}/authenticate", form)
    after = client.v1.payment_intents.retrieve(intent.id)
    if expected:
        assert after.status == expected
    else:
        assert after.status == "requires_payment_method"
        assert after.last_payment_error is not None
        assert after.last_payment_error.code == "payment_intent_authentication_failure"


def test_a_return_url_is_required(client: stripe.StripeClient) -> None:
    """Automatic payment methods need a return_url, unless they never redirect."""
    confirmed = {"confirm": True, "payment_method": "pm_card_visa"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create(client, **confirmed)
    assert refused.value.param == "return_url"
    assert client.v1.payment_intents.list().data == []
    stay = {"enabled": True, "allow_redirects": "never"}
    assert create(client, **confirmed, automatic_payment_methods=stay).status == "succeeded"


def test_off_session(client: stripe.StripeClient) -> None:
    """Off session, a card that requires 3-D Secure is declined; one that was set up succeeds."""
    guest = client.v1.customers.create().id
    with pytest.raises(stripe.CardError) as declined:
        pay(client, "pm_card_authenticationRequired", customer=guest, off_session=True)
    assert declined.value.code == "authentication_required"
    prepared = "pm_card_authenticationRequiredSetupForOffSession"
    assert pay(client, prepared, customer=guest, off_session=True).status == "succeeded"
    with pytest.raises(stripe.CardError):
        pay(client, "pm_card_authenticationRequired", error_on_requires_action=True)


@pytest.mark.parametrize(
    ("method", "expected"),
    [("success", "succeeded"), ("insufficientFunds", "requires_payment_method")],
)
def test_bank_debits_take_time(client: stripe.StripeClient, method: str, expected: str) -> None:
    """A bank debit is first processing, then succeeds or fails."""
    intent = pay(client, f"pm_usBankAccount_{method}", currency="usd")
    assert intent.status == "processing"
    retrieve = client.v1.payment_intents.retrieve
    wait_until(lambda: retrieve(intent.id).status == expected, 5, "the bank settles")


def test_refunds_are_limited(client: stripe.StripeClient) -> None:
    """Refunds can't exceed the captured amount, and need a captured, undisputed charge."""
    paid = pay(client, "pm_card_visa")
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 1500})
    for amount, code in ((501, "amount_too_large"), (0, "parameter_invalid_integer")):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.refunds.create({"payment_intent": paid.id, "amount": amount})
        assert refused.value.code == code
    client.v1.refunds.create({"charge": str(paid.latest_charge)})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": paid.id})
    assert refused.value.code == "charge_already_refunded"
    disputed = pay(client, "pm_card_createDispute")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": disputed.id})
    assert refused.value.code == "charge_disputed"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": create(client).id})
    refund = client.v1.refunds.list({"payment_intent": paid.id}).data[0]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.cancel(refund.id)


@pytest.mark.parametrize(
    ("method", "statuses"),
    [
        ("pm_card_pendingRefund", ("pending", "succeeded")),
        ("pm_card_refundFail", ("succeeded", "failed")),
    ],
)
def test_pending_and_failing_refunds(
    client: stripe.StripeClient, method: str, statuses: tuple[str, str]
) -> None:
    """With two of the test cards, refunds succeed later, or fail later and are reversed."""
    paid = pay(client, method)
    refund = client.v1.refunds.create({"payment_intent": paid.id})
    assert refund.status == statuses[0]
    retrieve = client.v1.refunds.retrieve
    wait_until(lambda: retrieve(refund.id).status == statuses[1], 5, "the bank settles")
    left = client.v1.charges.retrieve(str(paid.latest_charge)).amount_refunded
    assert left == (0 if statuses[1] == "failed" else 2000)


def test_a_checkout_from_session_to_payment(
    fast_stand_in: Stripe, client: stripe.StripeClient
) -> None:
    """A Session has no intent before the first attempt, and stays open after a decline."""
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"quantity": 2, "price_data": ITEM}],
            "success_url": "https://shop.test/done?s={CHECKOUT_SESSION_ID}",
            "metadata": {"reference": "b-1"},
            "payment_intent_data": {"metadata": {"reference": "b-1"}, "description": "Two nights"},
        }  # type: ignore[arg-type]  # the SDK asks for Literal types
    )
    assert (session.status, session.payment_status, session.amount_total) == (
        "open",
        "unpaid",
        2000,
    )
    assert session.payment_intent is None
    assert session.url == f"{fast_stand_in.url}/pay/{session.id}"
    declined = fast_stand_in.call(
        "POST", f"/pay/{session.id}/pay", {"payment_method": "pm_card_visa_chargeDeclined"}
    )
    assert (declined.status, declined.json["error"]["code"]) == (402, "card_declined")
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    form = {"payment_method": "pm_card_visa", "email": "guest@example.com"}
    fast_stand_in.call("POST", f"/pay/{session.id}/pay", form)
    done = client.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert done.customer_details is not None
    assert done.customer_details.email == "guest@example.com"
    intent = client.v1.payment_intents.retrieve(str(done.payment_intent))
    assert (intent.status, intent.amount, intent.description) == ("succeeded", 2000, "Two nights")
    assert intent.metadata.to_dict() == {"reference": "b-1"}
    listed = client.v1.checkout.sessions.list({"payment_intent": intent.id})
    assert [found.id for found in listed] == [session.id]
    types = [event.type for event in client.v1.events.list({"limit": 100})][::-1]
    assert types.index("payment_intent.succeeded") < types.index("checkout.session.completed")
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)


def test_sessions_expire(fast_stand_in: Stripe, client: stripe.StripeClient) -> None:
    """Sessions expire by request or at expires_at, and can't be paid afterwards."""
    params = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": ITEM}],
        "success_url": "https://shop.test/done",
    }
    create_session = client.v1.checkout.sessions.create
    first, second = (create_session(params) for _ in range(2))  # type: ignore[arg-type]  # as above
    assert client.v1.checkout.sessions.expire(first.id).status == "expired"
    fast_stand_in.control("clock", offset_seconds=90_000)
    assert client.v1.checkout.sessions.retrieve(second.id).status == "expired"
    for session in (first, second):
        refused = fast_stand_in.call(
            "POST", f"/pay/{session.id}/pay", {"payment_method": "pm_card_visa"}
        )
        assert refused.status == 400


def test_search_by_reference(client: stripe.StripeClient) -> None:
    """Search finds payments by metadata, page by page, and by other fields."""
    created = [create(client, metadata={"reference": "b-1"}).id for _ in range(3)]
    create(client, metadata={"reference": "b-2"})
    search = client.v1.payment_intents.search
    first = search({"query": "metadata['reference']:'b-1'", "limit": 2})
    assert ([found.id for found in first.data], first.has_more) == (created[:0:-1], True)
    second = search({"query": "metadata['reference']:'b-1'", "page": str(first.next_page)})
    assert ([found.id for found in second.data], second.has_more) == (created[:1], False)
    pay(client, "pm_card_visa", amount=9900)
    for query, count in (
        ("status:'succeeded'", 1),
        ("amount>5000 AND currency:'eur'", 1),
        ("status:'succeeded' OR metadata['reference']:'b-2'", 2),
        ("-metadata['reference']:'b-1'", 2),
        ("metadata['reference']:null", 1),
        ("metadata['reference']~'b-'", 4),
        # Texts are compared without regard to case.
        ("metadata['reference']:'B-1' AND status:'Requires_Payment_Method'", 3),
        ("-metadata['reference']:'B-1'", 2),
        ("metadata['reference']~'B-'", 4),
    ):
        assert len(search({"query": query}).data) == count, query
    for wrong in ("reference:'x'", "status:'a' AND amount>1 OR amount<2", "amount:'x'", "'"):
        with pytest.raises(stripe.InvalidRequestError):
            search({"query": wrong})


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "eur"}, "parameter_missing", "amount"),
        ({"amount": 2000}, "parameter_missing", "currency"),
        ({"amount": 2000, "currency": "eur", "colour": "red"}, "parameter_unknown", "colour"),
        (
            {"amount": 2000, "currency": "eur", "shipping_": {"a": "b"}},
            "parameter_unknown",
            "shipping_",
        ),
        ({"amount": "20.5", "currency": "eur"}, "parameter_invalid_integer", "amount"),
        ({"amount": "", "currency": "eur"}, "parameter_invalid_empty", "amount"),
        ({"amount": 49, "currency": "eur"}, "amount_too_small", "amount"),
        ({"amount": 29, "currency": "gbp"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000, "currency": "eur"}, "amount_too_large", "amount"),
        ({"amount": 2000, "currency": "zzz"}, None, "currency"),
        ({"amount": 1005, "currency": "isk"}, None, "amount"),
        ({"amount": 2000, "currency": "eur", "capture_method": "soon"}, None, "capture_method"),
        (
            {"amount": 2000, "currency": "eur", "metadata": {LONG: "v"}},
            None,
            f"metadata[{LONG}]",
        ),
        (
            {"amount": 2000, "currency": "eur", "payment_method": "pm_none"},
            "resource_missing",
            "payment_method",
        ),
        ({"amount": 2000, "currency": "eur", "return_url": "https://a.test"}, None, "return_url"),
    ],
)
def test_invalid_parameters_are_named(
    client: stripe.StripeClient, params: dict[str, object], code: str | None, param: str
) -> None:
    """A missing, unknown or invalid parameter is refused with Stripe's code and its name."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(params)  # type: ignore[arg-type]  # wrong on purpose
    assert (refused.value.code, refused.value.param) == (code, param)


def test_keys_accounts_and_modes(fast_stand_in: Stripe, client: stripe.StripeClient) -> None:
    """Requests need a key, and see only the payments of their account and mode."""
    created = create(client)
    for key in ("sk_live_x", "rk_live_x"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            connect(fast_stand_in, key).v1.payment_intents.retrieve(created.id)
        assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert create(connect(fast_stand_in, "sk_live_x")).livemode is True
    connected = {"stripe_account": "acct_1other"}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.retrieve(created.id, options=connected)  # type: ignore[arg-type]  # as above
    with pytest.raises(stripe.AuthenticationError):
        connect(fast_stand_in, "nonsense").v1.payment_intents.retrieve(created.id)
    with pytest.raises(stripe.PermissionError):
        client.v1.payment_intents.retrieve(created.id, options={"stripe_account": "other"})
    assert fast_stand_in.call("GET", "/v1/account", headers={"Authorization": ""}).status == 401
    basic = {"Authorization": "Basic c2tfdGVzdF94Og=="}
    assert fast_stand_in.call("GET", "/v1/account", headers=basic).status == 200


def test_a_browser_needs_the_client_secret(
    fast_stand_in: Stripe, client: stripe.StripeClient
) -> None:
    """A publishable key reads and pays a payment by its client secret, and nothing else."""
    created = create(client)
    public = {"Authorization": "Bearer pk_test_x"}
    path = f"/v1/payment_intents/{created.id}"
    secret = {"client_secret": str(created.client_secret)}
    assert fast_stand_in.call("GET", path, headers=public).status == 400
    assert fast_stand_in.call("GET", path, {"client_secret": "wrong"}, headers=public).status == 400
    assert fast_stand_in.call("GET", path, secret, headers=public).json["id"] == created.id
    assert fast_stand_in.call("GET", "/v1/payment_intents", headers=public).status == 401
    form = {**secret, "payment_method": "pm_card_visa", "return_url": BACK}
    assert (
        fast_stand_in.call("POST", f"{path}/confirm", form, headers=public).json["status"]
        == "succeeded"
    )


def test_responses_have_version_account_and_request_id(fast_stand_in: Stripe) -> None:
    """Responses have a request id, and the requested API version and account."""
    sent = {"Stripe-Version": "2024-04-10", "Stripe-Account": "acct_1a"}
    response = fast_stand_in.call("GET", "/v1/payment_intents", headers=sent)
    assert response.headers["stripe-version"] == "2024-04-10"
    assert response.headers["stripe-account"] == "acct_1a"
    assert response.headers["request-id"].startswith("req_")


def test_too_many_requests_are_429() -> None:
    """Requests above the limit of a second are 429."""
    with Stripe(requests_per_second=3) as limited:
        statuses = [limited.call("GET", "/v1/refunds").status for _ in range(12)]
        assert 429 in statuses
        refused = limited.call("GET", "/v1/refunds")
        while refused.status != 429:
            refused = limited.call("GET", "/v1/refunds")
        assert refused.json["error"]["code"] == "rate_limit"
