"""Reviews: https://docs.stripe.com/radar/reviews."""

from dataclasses import dataclass

from paycli.sandbox.standin.http.json_body import InvalidJsonBody, JsonBody
from paycli.sandbox.standin.resources.examples import add_example
from paycli.sandbox.standin.resources.lookup import captured_charge, find_named
from paycli.sandbox.standin.store.objects import Json, JsonObjectState
from paycli.sandbox.standin.store.store import Store


@dataclass(slots=True, kw_only=True, eq=False)
class ReviewState(JsonObjectState):
    """https://docs.stripe.com/api/radar/reviews/object."""

    TYPE = "review"
    URL = "/v1/reviews"
    EXPANDABLE = frozenset({"charge", "payment_intent"})


def simulate_review(store: Store, body: JsonBody) -> Json:
    """Radar opens a review of a `payment_intent`."""
    charge = captured_charge(store, body)
    review = add_example(
        store,
        ReviewState,
        "prv_1",
        charge.scope,
        {"charge": charge.id, "open": True, "opened_reason": "rule", "reason": "rule"},
    )
    review.json["payment_intent"] = charge.intent.id
    charge.review = charge.intent.review = review.id
    charge.mark_changed()
    charge.intent.mark_changed()
    store.emit("review.opened", review, subject=charge.intent.id)
    return review.json


def simulate_closing(store: Store, body: JsonBody) -> Json:
    """Closes an open `review`.

    The `reason` is `approved`, `refunded`, `refunded_as_fraud` or `disputed`.
    """
    review = find_named(store, body, ReviewState, "review")
    if not review.json["open"]:
        raise InvalidJsonBody("this review is closed")
    reason = body.text("reason", "approved")
    review.json = {**review.json, "open": False, "closed_reason": reason, "reason": reason}
    review.mark_changed()
    store.emit("review.closed", review, subject=str(review.json["payment_intent"]))
    return review.json
