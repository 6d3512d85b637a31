"""Disputes: evidence that is staged and submitted, deadlines and decisions."""

import time

import pytest
import stripe

from harness.polling import wait_until
from harness.stripe import Stripe
from harness.stripe_schema import Json

DISPUTES = "/v1/disputes"
DAY = 86_400


def paid(stand_in: Stripe, card: str = "pm_card_visa") -> str:
    """Create a payment of 20.00 EUR with a test card; return its id."""
    form = {"amount": "2000", "currency": "eur"}
    intent = str(stand_in.call("POST", "/v1/payment_intents", form).json["id"])
    assert stand_in.pay(intent, card).status == 200
    return intent


def disputed(stand_in: Stripe) -> Json:
    """Pay with the card whose payments are disputed; return the dispute."""
    form = {"payment_intent": paid(stand_in, "pm_card_createDispute")}
    [dispute] = stand_in.call("GET", DISPUTES, form).json["data"]
    return dispute


def write(stand_in: Stripe, dispute: Json, action: str = "", **form: str) -> Json:
    """Send a write request, which must succeed; return the dispute."""
    response = stand_in.call("POST", f"{DISPUTES}/{dispute['id']}{action}", form)
    assert response.status == 200, response.json
    return response.json


def refusal(stand_in: Stripe, dispute: Json, action: str = "", **form: str) -> str:
    """Send a write request, which must be refused; return the message."""
    response = stand_in.call("POST", f"{DISPUTES}/{dispute['id']}{action}", form)
    assert response.status == 400
    return str(response.json["error"]["message"])


def get(stand_in: Stripe, dispute: Json) -> Json:
    """Retrieve a dispute."""
    return stand_in.call("GET", f"{DISPUTES}/{dispute['id']}").json


def history(stand_in: Stripe, dispute: Json) -> list[tuple[str, str]]:
    """Return type and status of the dispute's events, oldest first."""
    listed = stand_in.call("GET", "/v1/events", {"limit": "100"}).json["data"]
    return [
        (event["type"].removeprefix("charge.dispute."), event["data"]["object"]["status"])
        for event in reversed(listed)
        if event["data"]["object"]["id"] == dispute["id"]
    ]


TEXT = {"evidence[uncategorized_text]": "She stayed two nights."}
OPENED = [("created", "needs_response"), ("funds_withdrawn", "needs_response")]


def test_evidence_is_staged_changed_and_submitted_once(fast_stand_in: Stripe) -> None:
    """Staged texts are merged; the submission has them all, is final, and counts once."""
    dispute = disputed(fast_stand_in)
    name = {"evidence[customer_name]": "Anna", "evidence[service_date]": "12 January"}
    staged = write(fast_stand_in, dispute, submit="false", **name)
    assert staged["evidence_details"] | {"due_by": 0, "enhanced_eligibility": {}} == {
        "due_by": 0,
        "enhanced_eligibility": {},
        "has_evidence": True,
        "past_due": False,
        "submission_count": 0,
    }
    gone = {"evidence[service_date]": ""}
    submitted = write(fast_stand_in, dispute, submit="true", **TEXT, **gone)
    assert submitted["status"] == "under_review"
    assert submitted["evidence_details"]["submission_count"] == 1
    assert {name: text for name, text in submitted["evidence"].items() if text} == {
        "customer_name": "Anna",
        "uncategorized_text": "She stayed two nights.",
    }
    for form in ({**TEXT, "submit": "true"}, {**TEXT, "submit": "false"}, {"submit": "true"}):
        assert "under_review" in refusal(fast_stand_in, dispute, **form)
    assert "under_review" in refusal(fast_stand_in, dispute, "/close")
    assert get(fast_stand_in, dispute) == submitted
    won = fast_stand_in.control("disputes/close", dispute=dispute["id"], status="won")
    assert history(fast_stand_in, dispute) == [
        *OPENED,
        ("updated", "needs_response"),
        ("updated", "under_review"),
        ("updated", "won"),
        ("funds_reinstated", "won"),
        ("closed", "won"),
    ]
    assert "won" in refusal(fast_stand_in, won, "/close")


def test_evidence_is_submitted_unless_it_is_staged(fast_stand_in: Stripe) -> None:
    """Without `submit` Stripe submits it; a change of metadata alone submits nothing."""
    dispute = disputed(fast_stand_in)
    noted = write(fast_stand_in, dispute, **{"metadata[case]": "7"})
    assert (noted["status"], noted["metadata"]) == ("needs_response", {"case": "7"})
    assert write(fast_stand_in, dispute, **TEXT)["status"] == "under_review"


def test_an_accepted_dispute_is_lost(fast_stand_in: Stripe) -> None:
    """Nothing is reinstated, and it can't be responded to or accepted again."""
    dispute = disputed(fast_stand_in)
    assert write(fast_stand_in, dispute, "/close")["status"] == "lost"
    assert history(fast_stand_in, dispute) == [*OPENED, ("updated", "lost"), ("closed", "lost")]
    assert "lost" in refusal(fast_stand_in, dispute, "/close")
    assert "lost" in refusal(fast_stand_in, dispute, **TEXT)


@pytest.mark.parametrize(
    ("text", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")]
)
def test_the_texts_of_stripes_tests_decide(fast_stand_in: Stripe, text: str, status: str) -> None:
    """A dispute with one of Stripe's two test texts is decided after a moment."""
    dispute = disputed(fast_stand_in)
    form = {"evidence[uncategorized_text]": text}
    assert write(fast_stand_in, dispute, **form)["status"] == "under_review"
    wait_until(lambda: get(fast_stand_in, dispute)["status"] == status, 5, "the decision")
    assert history(fast_stand_in, dispute)[-1] == ("closed", status)


def test_an_unanswered_dispute_is_lost_at_its_deadline(fast_stand_in: Stripe) -> None:
    """Once the clock is past it, evidence is refused; what was submitted in time is not lost."""
    late, answered = disputed(fast_stand_in), disputed(fast_stand_in)
    days = (late["evidence_details"]["due_by"] - time.time()) / DAY
    assert 6.9 < days <= 7
    write(fast_stand_in, late, submit="false", **TEXT)
    write(fast_stand_in, answered, **TEXT)
    fast_stand_in.control("clock", offset_seconds=6 * DAY)
    assert get(fast_stand_in, late)["status"] == "needs_response"
    fast_stand_in.control("clock", offset_seconds=7 * DAY + 1)
    assert history(fast_stand_in, late)[-2:] == [("updated", "lost"), ("closed", "lost")]
    assert "lost" in refusal(fast_stand_in, late, submit="true")
    assert get(fast_stand_in, late)["evidence_details"]["submission_count"] == 0
    assert get(fast_stand_in, answered)["status"] == "under_review"


def test_an_inquiry_moves_no_money(fast_stand_in: Stripe) -> None:
    """An inquiry has statuses of its own, and its charge can be refunded."""
    intent = paid(fast_stand_in)
    inquiry = fast_stand_in.control("disputes", payment_intent=intent, inquiry=True)
    assert inquiry["status"] == "warning_needs_response"
    assert inquiry["is_charge_refundable"] is True
    assert write(fast_stand_in, inquiry, **TEXT)["status"] == "warning_under_review"
    fast_stand_in.control("disputes/close", dispute=inquiry["id"])
    assert history(fast_stand_in, inquiry) == [
        ("created", "warning_needs_response"),
        ("updated", "warning_under_review"),
        ("updated", "warning_closed"),
        ("closed", "warning_closed"),
    ]
    refund = fast_stand_in.call("POST", "/v1/refunds", {"payment_intent": intent})
    assert refund.status == 200


@pytest.mark.parametrize(
    "form",
    [
        {"evidence[uncategorized_text]": "x" * 20_001},
        {"evidence[customer_name]": "x" * 5_001},
        {"evidence[mood]": "x"},
        {"evidence": "x"},
        {"submit": "perhaps"},
    ],
)
def test_invalid_evidence_is_refused(fast_stand_in: Stripe, form: dict[str, str]) -> None:
    """Too long texts and unknown fields change nothing."""
    dispute = disputed(fast_stand_in)
    assert "x" * 9 not in refusal(fast_stand_in, dispute, **form)
    assert get(fast_stand_in, dispute) == dispute


def test_all_texts_together_are_limited(fast_stand_in: Stripe) -> None:
    """Staged texts count, too: 150,000 characters fit, and one more does not."""
    dispute = disputed(fast_stand_in)
    long = (
        *("access_activity_log", "cancellation_policy_disclosure", "cancellation_rebuttal"),
        *("duplicate_charge_explanation", "product_description", "refund_policy_disclosure"),
        "refund_refusal_explanation",
    )
    fields = {f"evidence[{name}]": "x" * 20_000 for name in long}
    fields["evidence[uncategorized_text]"] = "x" * 10_000
    write(fast_stand_in, dispute, submit="false", **fields)
    more = {"evidence[customer_name]": "x"}
    assert "150000" in refusal(fast_stand_in, dispute, submit="false", **more)


def test_stripes_sdk_responds_to_disputes(
    client: stripe.StripeClient, fast_stand_in: Stripe
) -> None:
    """The SDK lists disputes by payment and charge, expands them, submits and closes."""
    first, second = disputed(fast_stand_in), disputed(fast_stand_in)
    assert [each.id for each in client.v1.disputes.list()] == [second["id"], first["id"]]
    for criteria in ({"charge": first["charge"]}, {"payment_intent": first["payment_intent"]}):
        found = client.v1.disputes.list(criteria)  # type: ignore[arg-type]  # a typed dictionary
        assert [each.id for each in found] == [first["id"]]
    done = client.v1.disputes.update(
        first["id"], {"evidence": {"uncategorized_text": "She stayed."}, "submit": True}
    )
    assert (done.status, done.evidence.uncategorized_text) == ("under_review", "She stayed.")
    assert client.v1.disputes.close(second["id"]).status == "lost"
    expanded = client.v1.disputes.retrieve(first["id"], {"expand": ["charge"]})
    assert isinstance(expanded.charge, stripe.Charge)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(second["id"])
