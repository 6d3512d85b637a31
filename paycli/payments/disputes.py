"""The use cases of disputes: list, get, respond and accept."""

import re

from paycli.errors import DisputeNotFound, FieldsInvalid, Problem
from paycli.models import (
    AcceptDispute,
    Dispute,
    DisputePage,
    ListDisputes,
    RespondToDispute,
    WriteResult,
)
from paycli.payments import cursor
from paycli.payments.access import Access
from paycli.payments.payment_checks import is_checkout, payment_intent_id

_DISPUTE_ID = re.compile(r"(du|dp)_[A-Za-z0-9_]{1,250}", re.ASCII)


class Disputes:
    """The use cases of disputes, which cardholders open at their bank.

    All methods may raise Busy and StripeFailure. Methods that write take the caller's idempotency
    key and name (None for an unnamed caller), and may raise IdempotencyKeyMissing and
    IdempotencyKeyInvalid.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def list(self, request: ListDisputes) -> DisputePage:
        """Returns a page of disputes, newest first.

        Raises CursorInvalid, PaymentNotFound, CheckoutWithoutPayment.
        """
        position = cursor.decode(request.listing, request.cursor)
        with self._access.stripe(request.account) as stripe:
            intent_id = request.payment
            if intent_id is not None and is_checkout(intent_id):
                intent_id = payment_intent_id(stripe.payments.get(intent_id))
            page = stripe.disputes.list(intent_id, request, position)
            if intent_id is not None and not page.items:
                # Stripe returns an empty list for an unknown payment as well; get raises for one.
                stripe.payments.get(intent_id)
        return DisputePage(data=page.items, next_cursor=cursor.encode(request.listing, page))

    def get(self, dispute_id: str, account: str | None = None) -> Dispute:
        """Returns the current dispute. Raises DisputeNotFound."""
        _check_dispute_id(dispute_id)
        with self._access.stripe(account) as stripe:
            return stripe.disputes.get(dispute_id)

    def respond(
        self,
        dispute_id: str,
        request: RespondToDispute,
        key: str | None,
        caller: str | None = None,
    ) -> WriteResult[Dispute]:
        """Stages evidence, or submits it with what was staged before, which is final.

        Stripe takes one submission of a dispute. A repetition with the same key returns the result
        of the first request, also if its response was lost. Raises FieldsInvalid if there is
        nothing to submit, DisputeNotFound, DisputeNotOpen.
        """
        _check_dispute_id(dispute_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            texts = request.evidence.texts
            if request.submit and not any(texts.values()):
                staged = stripe.disputes.get(dispute_id).evidence_fields
                if not set(staged) - texts.keys():
                    detail = "is empty, and nothing else is staged: there is nothing to submit"
                    raise FieldsInvalid([Problem("#/evidence", detail)])
            return stripe.disputes.respond(dispute_id, request, key)

    def accept(
        self,
        dispute_id: str,
        request: AcceptDispute,
        key: str | None,
        caller: str | None = None,
    ) -> WriteResult[Dispute]:
        """Accepts a dispute, which is then lost. Raises DisputeNotFound, DisputeNotOpen."""
        _check_dispute_id(dispute_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            return stripe.disputes.accept(dispute_id, key)


def _check_dispute_id(dispute_id: str) -> None:
    if not _DISPUTE_ID.fullmatch(dispute_id):
        raise DisputeNotFound("there is no such dispute: ids start with du_ or dp_")
