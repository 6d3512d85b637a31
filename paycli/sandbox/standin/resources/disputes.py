"""Disputes: https://docs.stripe.com/api/disputes."""

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.errors import StripeErrorResponse, invalid_param
from paycli.sandbox.standin.api.pagination import LIST, list_page
from paycli.sandbox.standin.api.params import Schema, merge_metadata, nested, text
from paycli.sandbox.standin.http.json_body import InvalidJsonBody, JsonBody
from paycli.sandbox.standin.resources import dispute_lifecycle
from paycli.sandbox.standin.resources.dispute_lifecycle import OPEN, DisputeState
from paycli.sandbox.standin.resources.lookup import captured_charge, find_named
from paycli.sandbox.standin.store.objects import Json, ObjectState
from paycli.sandbox.standin.store.store import Store

MAX_CHARACTERS = 150_000
_LONG_TEXTS = (
    *("access_activity_log", "cancellation_policy_disclosure", "cancellation_rebuttal"),
    *("duplicate_charge_explanation", "product_description", "refund_policy_disclosure"),
    *("refund_refusal_explanation", "uncategorized_text"),
)
_SHORT_TEXTS = (
    *("billing_address", "customer_email_address", "customer_name", "customer_purchase_ip"),
    *("duplicate_charge_id", "service_date", "shipping_address", "shipping_carrier"),
    *("shipping_date", "shipping_tracking_number"),
)
_FILES = (
    *("cancellation_policy", "customer_communication", "customer_signature"),
    *("duplicate_charge_documentation", "receipt", "refund_policy", "service_documentation"),
    *("shipping_documentation", "uncategorized_file"),
)
UPDATE: Schema = {
    "evidence": nested(
        {
            **dict.fromkeys(_LONG_TEXTS, text(20_000)),
            **dict.fromkeys((*_SHORT_TEXTS, *_FILES), text()),
        }
    ),
    "metadata": params.metadata,
    "submit": params.boolean,
}
LIST_DISPUTES: Schema = {
    **LIST,
    "charge": text(),
    "created": params.timestamps,
    "payment_intent": text(),
}


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/disputes/retrieve."""
    dispute_lifecycle.lose_overdue(call.store)
    return call.find(DisputeState)


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/disputes/list."""
    dispute_lifecycle.lose_overdue(call.store)
    charge_id, intent_id = call.params.text("charge"), call.params.text("payment_intent")
    return list_page(
        call,
        DisputeState,
        lambda dispute: (
            charge_id in (None, dispute.json["charge"]) and intent_id in (None, dispute.payment_id)
        ),
    )


def update(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/disputes/update: evidence is submitted unless `submit` is false.

    It can be submitted once: https://docs.stripe.com/disputes/responding.
    """
    dispute_lifecycle.lose_overdue(call.store)
    dispute, parsed = call.find(DisputeState), call.params
    submit = parsed.flag("submit") or ("evidence" in parsed and "submit" not in parsed)
    changes = dict(parsed.inner("evidence").values)
    if changes or submit:
        _check_open(dispute, "evidence cannot be changed or submitted")
        texts = [str(value) for value in {**dispute.evidence, **changes}.values() if value]
        if sum(map(len, texts)) > MAX_CHARACTERS:
            message = f"The evidence has more than {MAX_CHARACTERS} characters in total."
            raise invalid_param("evidence", message)
    dispute.json = {
        **dispute.json,
        "metadata": merge_metadata(_metadata(dispute), parsed.metadata()),
    }
    dispute.mark_changed()
    if changes or submit:
        dispute_lifecycle.change_evidence(
            call.store, dispute, changes, submit=submit, origin=call.origin
        )
    return dispute


def close(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/disputes/close: the dispute is lost."""
    dispute_lifecycle.lose_overdue(call.store)
    dispute = call.find(DisputeState)
    _check_open(dispute, "it cannot be closed")
    inquiry = dispute.status.startswith("warning")
    status = "warning_closed" if inquiry else "lost"
    dispute_lifecycle.close(call.store, dispute, status, call.origin)
    return dispute


def simulate_dispute(store: Store, body: JsonBody) -> Json:
    """Opens a dispute of a `payment_intent`, for a `reason`; with `inquiry` the bank only asks."""
    charge = captured_charge(store, body)
    inquiry = body.fields.get("inquiry", False)
    if not isinstance(inquiry, bool):
        raise InvalidJsonBody("inquiry must be true or false")
    if charge.disputed:
        raise InvalidJsonBody("this charge is already disputed")
    reason = body.text("reason", "fraudulent")
    return dispute_lifecycle.open_dispute(store, charge, reason, inquiry=inquiry).json


def simulate_decision(store: Store, body: JsonBody) -> Json:
    """Closes an open `dispute` with the `status` `won` (the funds are reinstated) or `lost`.

    An inquiry is closed with `warning_closed`.
    """
    dispute_lifecycle.lose_overdue(store)
    dispute = find_named(store, body, DisputeState, "dispute")
    inquiry = dispute.status.startswith("warning")
    allowed = ("warning_closed",) if inquiry else ("won", "lost")
    status = body.text("status", "warning_closed" if inquiry else "lost")
    if dispute.status not in (*OPEN, *dispute_lifecycle.UNDER_REVIEW.values()):
        raise InvalidJsonBody("this dispute is closed")
    if status not in allowed:
        raise InvalidJsonBody(f"status must be {' or '.join(allowed)}")
    dispute_lifecycle.close(store, dispute, status)
    return dispute.json


def _check_open(dispute: DisputeState, refused: str) -> None:
    if dispute.status not in OPEN:
        message = f"The status of this dispute is {dispute.status}: {refused}."
        raise StripeErrorResponse(message, stored=True)


def _metadata(dispute: DisputeState) -> dict[str, str]:
    metadata = dispute.json["metadata"]
    assert isinstance(metadata, dict)
    return metadata


_ONE = f"{DisputeState.URL}/{{id}}"
ROUTES: Routes = {
    ("GET", DisputeState.URL): ApiRoute(list_, LIST_DISPUTES),
    ("GET", _ONE): ApiRoute(get),
    ("POST", _ONE): ApiRoute(update, UPDATE),
    ("POST", f"{_ONE}/close"): ApiRoute(close),
}
