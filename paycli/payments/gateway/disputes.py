"""What the use cases of disputes require of Stripe."""

from typing import Protocol

from paycli.models import Dispute, ListDisputes, RespondToDispute, ResultPage, WriteResult


class DisputesApi(Protocol):
    """Disputes. All methods may raise StripeFailure."""

    def list(
        self, intent_id: str | None, request: ListDisputes, position: str | None
    ) -> ResultPage[Dispute]:
        """Returns a page of disputes, from the `position` of the previous page.

        `intent_id` stands for the request's payment, None for all.
        """

    def get(self, dispute_id: str) -> Dispute:
        """Returns the current dispute. Raises DisputeNotFound."""

    def respond(self, dispute_id: str, request: RespondToDispute, key: str) -> WriteResult[Dispute]:
        """Stages or submits evidence, once per key. Raises DisputeNotFound, DisputeNotOpen."""

    def accept(self, dispute_id: str, key: str) -> WriteResult[Dispute]:
        """Accepts the dispute as lost. Raises DisputeNotFound, DisputeNotOpen."""
