"""Stripe's own SDK can do with the stand-in what it can do with Stripe."""

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
    asked = {"amount": 2000, "currency": "eur", "automatic_payment_methods": {"enabled": True}}
    return client.v1.payment_intents.create({**asked, **more})  # type: ignore[typeddict-item]  # as above


def pay(client: stripe.StripeClient, method: str, **more: object) -> stripe.PaymentIntent:
    """Create and confirm one with a test payment method."""
    return create(client, confirm=True, payment_method=method, return_url=BACK, **more)


def test_a_payment_from_creation_to_refund(client: stripe.StripeClient) -> None:
    """Created, changed, paid, refunded in part: each step shows in the next answer."""
    made = create(client, metadata={"reference": "b-1", "room": "12"}, receipt_email="a@b.test")
    assert made.status == "requires_payment_method"
    assert made.client_secret is not None
    assert made.client_secret.startswith(f"{made.id}_secret_")
    changed = client.v1.payment_intents.update(
        made.id, {"amount": 3000, "metadata": {"room": "", "floor": "2"}, "receipt_email": ""}
    )
    assert (changed.amount, changed.receipt_email) == (3000, None)
    assert changed.metadata.to_dict() == {"reference": "b-1", "floor": "2"}
    paid = client.v1.payment_intents.confirm(
        made.id, {"payment_method": "pm_card_mastercard", "return_url": BACK}
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
    refund = client.v1.refunds.create({"payment_intent": made.id, "amount": 1000})
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 1000, charge.id)
    noted = client.v1.refunds.update(refund.id, {"metadata": {"why": "late"}})
    assert noted.metadata is not None
    assert client.v1.refunds.retrieve(refund.id).metadata == noted.metadata
    assert client.v1.charges.retrieve(charge.id).amount_refunded == 1000
    assert [it.id for it in client.v1.charges.list({"payment_intent": made.id})] == [charge.id]
    assert [it.id for it in client.v1.refunds.list({"payment_intent": made.id})] == [refund.id]
    assert client.v1.payment_intents.retrieve(made.id) == paid


def test_shipping_is_shown_as_stripe_does(client: stripe.StripeClient) -> None:
    """Where it goes is kept with every key, and can be taken away again."""
    address = {"line1": "Street 1", "country": "DE"}
    made = create(client, shipping={"name": "A Guest", "address": address})
    assert made.shipping is not None
    blank = dict.fromkeys(("city", "line2", "postal_code", "state"))
    assert made.shipping.to_dict() == {
        "name": "A Guest",
        "address": {**address, **blank},
        **dict.fromkeys(("carrier", "phone", "tracking_number")),
    }
    assert client.v1.payment_intents.update(made.id, {"shipping": ""}).shipping is None
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create(client, shipping={"address": address})
    assert refused.value.param == "shipping[name]"


def test_manual_capture(client: stripe.StripeClient) -> None:
    """Held money is captured once, in part; the rest can't be."""
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
    """A canceled payment can't be paid, one that succeeded can't be canceled."""
    gone = client.v1.payment_intents.cancel(
        create(client).id, {"cancellation_reason": "requested_by_customer"}
    )
    assert (gone.status, gone.cancellation_reason) == ("canceled", "requested_by_customer")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(gone.id, {"payment_method": "pm_card_visa"})
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
def test_each_card_does_what_stripe_says(client: stripe.StripeClient, card: object) -> None:
    """Test cards, by id and by number, are taken, declined or ask for 3-D Secure as documented."""
    identity, number = card.id, card.number  # type: ignore[attr-defined]  # of the table
    made = create(client)
    by_number = {"payment_method_data": {"type": "card", "card": {"number": number}}}
    for method in ({"payment_method": identity}, by_number):
        asked = {**method, "return_url": BACK}
        if number in AUTHENTICATED:
            it = client.v1.payment_intents.confirm(made.id, asked)  # type: ignore[arg-type]  # both are taken
            assert it.status == "requires_action"
            assert it.next_action is not None
            assert it.next_action.redirect_to_url is not None
            assert it.next_action.redirect_to_url.return_url == BACK
        elif number in DECLINED or number == "4000000000000341":
            with pytest.raises(stripe.CardError) as declined:
                client.v1.payment_intents.confirm(made.id, asked)  # type: ignore[arg-type]  # both are taken
            error = declined.value.error
            assert error is not None
            expected = DECLINED.get(number, ("card_declined", "generic_decline"))
            assert (declined.value.code, error.decline_code) == expected
            it = client.v1.payment_intents.retrieve(made.id)
            assert (it.status, it.payment_method) == ("requires_payment_method", None)
            assert it.last_payment_error is not None
            assert it.last_payment_error.decline_code == expected[1]
        else:
            assert pay(client, identity).status == "succeeded"


@pytest.mark.parametrize(("passed", "expected"), [("succeed", "succeeded"), ("fail", None)])
def test_three_d_secure(
    quick: Stripe, client: stripe.StripeClient, passed: str, expected: str | None
) -> None:
    """The customer passes the step: paid; or fails it: payment_intent_authentication_failure."""
    it = pay(client, "pm_card_threeDSecure2Required")
    secret = str(it.client_secret)
    form = {"client_secret": secret, "result": passed}
    quick.call("POST", f"/pay/{it.id}/authenticate", form)
    after = client.v1.payment_intents.retrieve(it.id)
    if expected:
        assert after.status == expected
    else:
        assert after.status == "requires_payment_method"
        assert after.last_payment_error is not None
        assert after.last_payment_error.code == "payment_intent_authentication_failure"


def test_a_way_back_is_needed(client: stripe.StripeClient) -> None:
    """Automatic payment methods may lead away: without return_url only if they never do."""
    confirmed = {"confirm": True, "payment_method": "pm_card_visa"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create(client, **confirmed)
    assert refused.value.param == "return_url"
    assert client.v1.payment_intents.list().data == []
    stay = {"enabled": True, "allow_redirects": "never"}
    assert create(client, **confirmed, automatic_payment_methods=stay).status == "succeeded"


def test_off_session(client: stripe.StripeClient) -> None:
    """Without the customer, a card that wants 3-D Secure is declined; one set up for it is not."""
    with pytest.raises(stripe.CardError) as declined:
        pay(client, "pm_card_authenticationRequired", off_session=True)
    assert declined.value.code == "authentication_required"
    prepared = "pm_card_authenticationRequiredSetupForOffSession"
    assert pay(client, prepared, off_session=True).status == "succeeded"
    with pytest.raises(stripe.CardError):
        pay(client, "pm_card_authenticationRequired", error_on_requires_action=True)


@pytest.mark.parametrize(
    ("method", "expected"),
    [("success", "succeeded"), ("insufficientFunds", "requires_payment_method")],
)
def test_bank_debits_take_time(client: stripe.StripeClient, method: str, expected: str) -> None:
    """A bank debit is processing at first, and settles or fails by itself."""
    it = pay(client, f"pm_usBankAccount_{method}", currency="usd")
    assert it.status == "processing"
    retrieve = client.v1.payment_intents.retrieve
    wait_until(lambda: retrieve(it.id).status == expected, 5, "the bank answers")


def test_refunds_have_their_limits(client: stripe.StripeClient) -> None:
    """No more than was paid, nothing of what was not paid or is disputed."""
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
def test_odd_refunds(client: stripe.StripeClient, method: str, statuses: tuple[str, str]) -> None:
    """The cards for it have refunds that succeed late, or fail late and leave the money."""
    paid = pay(client, method)
    refund = client.v1.refunds.create({"payment_intent": paid.id})
    assert refund.status == statuses[0]
    retrieve = client.v1.refunds.retrieve
    wait_until(lambda: retrieve(refund.id).status == statuses[1], 5, "the bank answers")
    left = client.v1.charges.retrieve(str(paid.latest_charge)).amount_refunded
    assert left == (0 if statuses[1] == "failed" else 2000)


def test_a_checkout_from_session_to_payment(quick: Stripe, client: stripe.StripeClient) -> None:
    """A Session has no intent until it is paid; a decline leaves it open for another card."""
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
    assert session.url == f"{quick.url}/pay/{session.id}"
    declined = quick.call(
        "POST", f"/pay/{session.id}/pay", {"payment_method": "pm_card_visa_chargeDeclined"}
    )
    assert (declined.status, declined.json["error"]["code"]) == (402, "card_declined")
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    form = {"payment_method": "pm_card_visa", "email": "guest@example.com"}
    quick.call("POST", f"/pay/{session.id}/pay", form)
    done = client.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert done.customer_details is not None
    assert done.customer_details.email == "guest@example.com"
    it = client.v1.payment_intents.retrieve(str(done.payment_intent))
    assert (it.status, it.amount, it.description) == ("succeeded", 2000, "Two nights")
    assert it.metadata.to_dict() == {"reference": "b-1"}
    listed = client.v1.checkout.sessions.list({"payment_intent": it.id})
    assert [found.id for found in listed] == [session.id]
    types = [event.type for event in client.v1.events.list({"limit": 100})][::-1]
    assert types.index("payment_intent.succeeded") < types.index("checkout.session.completed")
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)


def test_sessions_expire(quick: Stripe, client: stripe.StripeClient) -> None:
    """By request or when their time is over; nobody pays an expired one."""
    asked = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": ITEM}],
        "success_url": "https://shop.test/done",
    }
    create_session = client.v1.checkout.sessions.create
    first, second = (create_session(asked) for _ in range(2))  # type: ignore[arg-type]  # as above
    assert client.v1.checkout.sessions.expire(first.id).status == "expired"
    quick.control("clock", offset_seconds=90_000)
    assert client.v1.checkout.sessions.retrieve(second.id).status == "expired"
    for session in (first, second):
        refused = quick.call("POST", f"/pay/{session.id}/pay", {"payment_method": "pm_card_visa"})
        assert refused.status == 400


def test_search_by_reference(client: stripe.StripeClient) -> None:
    """Payments are found by the reference in their metadata, page by page, and by other fields."""
    made = [create(client, metadata={"reference": "b-1"}).id for _ in range(3)]
    create(client, metadata={"reference": "b-2"})
    search = client.v1.payment_intents.search
    first = search({"query": "metadata['reference']:'b-1'", "limit": 2})
    assert ([it.id for it in first.data], first.has_more) == (made[:0:-1], True)
    second = search({"query": "metadata['reference']:'b-1'", "page": str(first.next_page)})
    assert ([it.id for it in second.data], second.has_more) == (made[:1], False)
    pay(client, "pm_card_visa", amount=9900)
    for query, count in (
        ("status:'succeeded'", 1),
        ("amount>5000 AND currency:'eur'", 1),
        ("status:'succeeded' OR metadata['reference']:'b-2'", 2),
        ("-metadata['reference']:'b-1'", 2),
        ("metadata['reference']:null", 1),
        ("metadata['reference']~'b-'", 4),
    ):
        assert len(search({"query": query}).data) == count, query
    for wrong in ("reference:'x'", "status:'a' AND amount>1 OR amount<2", "amount:'x'", "'"):
        with pytest.raises(stripe.InvalidRequestError):
            search({"query": wrong})


@pytest.mark.parametrize(
    ("asked", "code", "param"),
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
def test_wrong_parameters_are_named(
    client: stripe.StripeClient, asked: dict[str, object], code: str | None, param: str
) -> None:
    """What is missing, unknown or wrong is refused with Stripe's code and the parameter's name."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(asked)  # type: ignore[arg-type]  # wrong on purpose
    assert (refused.value.code, refused.value.param) == (code, param)


def test_keys_accounts_and_modes(quick: Stripe, client: stripe.StripeClient) -> None:
    """Without a key nothing is done, and no account or mode sees another's payments."""
    made = create(client)
    for key in ("sk_live_x", "rk_live_x"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            connect(quick, key).v1.payment_intents.retrieve(made.id)
        assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert create(connect(quick, "sk_live_x")).livemode is True
    connected = {"stripe_account": "acct_1other"}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.retrieve(made.id, options=connected)  # type: ignore[arg-type]  # as above
    with pytest.raises(stripe.AuthenticationError):
        connect(quick, "nonsense").v1.payment_intents.retrieve(made.id)
    with pytest.raises(stripe.PermissionError):
        client.v1.payment_intents.retrieve(made.id, options={"stripe_account": "other"})
    assert quick.call("GET", "/v1/account", headers={"Authorization": ""}).status == 401
    basic = {"Authorization": "Basic c2tfdGVzdF94Og=="}
    assert quick.call("GET", "/v1/account", headers=basic).status == 200


def test_a_browser_needs_the_client_secret(quick: Stripe, client: stripe.StripeClient) -> None:
    """With a publishable key, one payment is seen and paid by its client secret, nothing else."""
    made = create(client)
    public = {"Authorization": "Bearer pk_test_x"}
    path = f"/v1/payment_intents/{made.id}"
    secret = {"client_secret": str(made.client_secret)}
    assert quick.call("GET", path, headers=public).status == 400
    assert quick.call("GET", path, {"client_secret": "wrong"}, headers=public).status == 400
    assert quick.call("GET", path, secret, headers=public).json["id"] == made.id
    assert quick.call("GET", "/v1/payment_intents", headers=public).status == 401
    form = {**secret, "payment_method": "pm_card_visa", "return_url": BACK}
    assert quick.call("POST", f"{path}/confirm", form, headers=public).json["status"] == "succeeded"


def test_version_and_request_id_come_back(quick: Stripe) -> None:
    """Each answer names its request, the API version and the account that were asked for."""
    sent = {"Stripe-Version": "2024-04-10", "Stripe-Account": "acct_1a"}
    answer = quick.call("GET", "/v1/payment_intents", headers=sent)
    assert answer.headers["stripe-version"] == "2024-04-10"
    assert answer.headers["stripe-account"] == "acct_1a"
    assert answer.headers["request-id"].startswith("req_")


def test_too_many_requests_are_429() -> None:
    """Above the limit of a second Stripe answers 429 and does nothing."""
    with Stripe(requests_per_second=3) as limited:
        statuses = [limited.call("GET", "/v1/refunds").status for _ in range(12)]
        assert 429 in statuses
        refused = limited.call("GET", "/v1/refunds")
        while refused.status != 429:
            refused = limited.call("GET", "/v1/refunds")
        assert refused.json["error"]["code"] == "rate_limit"
