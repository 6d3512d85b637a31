"""Refunds at Stripe."""

from paycli import errors
from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.objects import ApiObject, ObjectList
from paycli.adapters.stripe.params import reference_metadata, without_none
from paycli.models import ListRefunds, Refund, RefundPayment, ResultPage, WriteResult

_REFUNDS = "/v1/refunds"


class RefundObject(ApiObject):
    """https://docs.stripe.com/api/refunds/object."""

    status: str | None
    amount: int
    currency: str
    payment_intent: str | None = None
    reason: str | None = None
    failure_reason: str | None = None

    def to_refund(self) -> Refund:
        """Converts it to our model."""
        return Refund(
            id=self.id,
            status=self.status,
            amount=self.amount,
            currency=self.currency,
            payment_id=self.payment_intent,
            reference=self.reference,
            reason=self.reason,
            failure_reason=self.failure_reason,
            created_at=self.created,
        )


class StripeRefunds:
    """Implements `paycli.payments.gateway.RefundsApi`; callers validate ids."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def create(
        self, intent_id: str, request: RefundPayment, reference: str | None, key: str
    ) -> WriteResult[Refund]:
        """https://docs.stripe.com/api/refunds/create."""
        params = without_none(
            payment_intent=intent_id,
            amount=request.amount,
            reason=request.reason,
            reverse_transfer=request.reverse_transfer,
            refund_application_fee=request.refund_application_fee,
            metadata={**request.metadata, **reference_metadata(reference)} or None,
        )
        response = self._calls.post(
            RefundObject, _REFUNDS, params, key, missing=errors.PaymentNotFound
        )
        return WriteResult(response.data.to_refund(), response.replayed)

    def list(
        self, intent_id: str, request: ListRefunds, position: str | None
    ) -> ResultPage[Refund]:
        """https://docs.stripe.com/api/refunds/list."""
        params = without_none(
            payment_intent=intent_id, limit=request.limit, starting_after=position
        )
        kind = ObjectList[RefundObject]
        page = self._calls.get(kind, _REFUNDS, params, missing=errors.PaymentNotFound)
        return ResultPage(tuple(each.to_refund() for each in page.data), page.position)

    def get(self, refund_id: str) -> Refund:
        """Returns the current refund. Raises RefundNotFound."""
        path = f"{_REFUNDS}/{refund_id}"
        return self._calls.get(RefundObject, path, missing=errors.RefundNotFound).to_refund()
