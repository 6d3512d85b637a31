"""The use case of customer sessions: create."""

from paycli.models import CreateCustomerSession, CustomerSession, WriteResult
from paycli.payments.access import Access
from paycli.payments.customers import check_customer_id


class CustomerSessions:
    """The use case of customer sessions."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def create(
        self,
        customer_id: str,
        request: CreateCustomerSession,
        key: str | None,
        caller: str | None = None,
    ) -> WriteResult[CustomerSession]:
        """Creates a session, or returns the one created earlier in the account with the key.

        Takes the caller's idempotency key and name (None for an unnamed caller). Raises
        CustomerNotFound, IdempotencyKeyMissing, IdempotencyKeyInvalid, Busy and StripeFailure.
        """
        check_customer_id(customer_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            return stripe.customer_sessions.create(customer_id, key)
