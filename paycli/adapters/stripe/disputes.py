"""Disputes at Stripe."""

import time
from typing import Annotated

from pydantic import BeforeValidator, Field

from paycli import errors
from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.objects import ApiObject, Id, ObjectList, StripeModel
from paycli.adapters.stripe.params import Params, created_range, without_none
from paycli.models import Dispute, ListDisputes, RespondToDispute, ResultPage, WriteResult, rfc3339
from paycli.models.fields import MAX_PAGE, UnixTime

_DISPUTES = "/v1/disputes"
_OPEN = ("needs_response", "warning_needs_response")


def _names_with_value(evidence: object) -> object:
    """Keeps the names only, so that no personal data is in the object."""
    if not isinstance(evidence, dict):
        return evidence
    return tuple(sorted(str(name) for name, value in evidence.items() if value))


def _none_if_zero(due_by: object) -> object:
    """Stripe's deadline is 0 where the bank takes no response."""
    return due_by or None if type(due_by) is int else due_by


class EvidenceDetailsObject(StripeModel):
    """https://docs.stripe.com/api/disputes/object#dispute_object-evidence_details."""

    due_by: Annotated[UnixTime | None, BeforeValidator(_none_if_zero)] = None
    submission_count: int


class DisputeObject(ApiObject):
    """https://docs.stripe.com/api/disputes/object."""

    status: str
    amount: int
    currency: str
    reason: str
    payment_intent: Id | None = None
    charge: Id
    evidence_fields: Annotated[tuple[str, ...], BeforeValidator(_names_with_value)] = Field(
        alias="evidence", repr=False
    )
    evidence_details: EvidenceDetailsObject
    livemode: bool

    def to_dispute(self) -> Dispute:
        """Converts it to our model."""
        return Dispute(
            id=self.id,
            status=self.status,
            amount=self.amount,
            currency=self.currency,
            reason=self.reason,
            payment_id=self.payment_intent,
            charge_id=self.charge,
            evidence_due_by=self.evidence_details.due_by,
            evidence_fields=self.evidence_fields,
            submission_count=self.evidence_details.submission_count,
            livemode=self.livemode,
            created_at=self.created,
        )


class StripeDisputes:
    """Implements `paycli.payments.gateway.disputes.DisputesApi`; callers validate ids."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def list(
        self, intent_id: str | None, request: ListDisputes, position: str | None
    ) -> ResultPage[Dispute]:
        """https://docs.stripe.com/api/disputes/list, which has no filter for the status.

        With a status, Stripe's list is read until a page of it has one with the status: only the
        last page of ours can be empty. It can be shorter than the limit.
        """
        status = request.status
        created = created_range(request.created_from, request.created_to)
        limit = request.limit if status is None else MAX_PAGE
        while True:
            params = without_none(
                payment_intent=intent_id,
                created=created,
                limit=limit,
                starting_after=position,
            )
            page = self._calls.get(
                ObjectList[DisputeObject], _DISPUTES, params, missing=errors.PaymentNotFound
            )
            found = [each for each in page.data if status in (None, each.status)]
            position = page.position
            if len(found) > request.limit:
                found = found[: request.limit]
                position = found[-1].id
            if found or position is None:
                return ResultPage(tuple(each.to_dispute() for each in found), position)

    def get(self, dispute_id: str) -> Dispute:
        """Returns the current dispute. Raises DisputeNotFound."""
        path = f"{_DISPUTES}/{dispute_id}"
        return self._calls.get(DisputeObject, path, missing=errors.DisputeNotFound).to_dispute()

    def respond(self, dispute_id: str, request: RespondToDispute, key: str) -> WriteResult[Dispute]:
        """https://docs.stripe.com/api/disputes/update; an empty string unsets a value."""
        texts = request.evidence.texts
        params = without_none(evidence=texts or None, submit=request.submit)
        return self._write(f"{_DISPUTES}/{dispute_id}", dispute_id, params, key)

    def accept(self, dispute_id: str, key: str) -> WriteResult[Dispute]:
        """https://docs.stripe.com/api/disputes/close."""
        return self._write(f"{_DISPUTES}/{dispute_id}/close", dispute_id, {}, key)

    def _write(self, path: str, dispute_id: str, params: Params, key: str) -> WriteResult[Dispute]:
        try:
            response = self._calls.post(
                DisputeObject, path, params, key, missing=errors.DisputeNotFound
            )
        except errors.RequestRefused as refusal:
            # Not checked before: a repeated request must reach Stripe, which stores its key.
            raise self._explained(dispute_id, refusal) from refusal
        return WriteResult(response.data.to_dispute(), response.replayed)

    def _explained(
        self, dispute_id: str, refusal: errors.RequestRefused
    ) -> errors.RequestRefused | errors.DisputeNotOpen:
        """Returns the refusal by the dispute's state; as it is if that does not explain it."""
        try:
            reason = _why_not_open(self.get(dispute_id))
        except errors.StripeFailure:
            return refusal
        if reason is None:
            return refusal
        return errors.DisputeNotOpen(reason, stripe_request_id=refusal.stripe_request_id)


def _why_not_open(dispute: Dispute) -> str | None:
    """Returns why the dispute takes no response; None if it does, as far as its state shows."""
    if dispute.status not in _OPEN:
        if dispute.submission_count and dispute.status.endswith("under_review"):
            return "the evidence of this dispute was submitted, which is final: the bank decides"
        unanswered = "" if dispute.submission_count else ", and no evidence was submitted"
        return f"this dispute takes no response any more: it is {dispute.status}{unanswered}"
    due_by = dispute.evidence_due_by
    if due_by is None:
        return "the bank takes no response to this dispute"
    if due_by < rfc3339(int(time.time())):
        return f"the deadline of this dispute has passed: evidence was due by {due_by}"
    return None
