"""The use cases of transfers: create, list and reverse."""

import re

from paycli.errors import PaymentNotSucceeded, TransferNotFound
from paycli.models import (
    CreateTransfer,
    ListTransfers,
    Payment,
    ReverseTransfer,
    Transfer,
    TransferPage,
    TransferReversal,
    WriteResult,
)
from paycli.payments import cursor
from paycli.payments.access import Access
from paycli.payments.gateway import StripeApi
from paycli.payments.payment_checks import (
    check_amount,
    check_payment_id,
    is_checkout,
    payment_intent_id,
)
from paycli.permissions import UNRESTRICTED, Permissions

_TRANSFER_ID = re.compile(r"tr_[A-Za-z0-9_]{1,250}", re.ASCII)


class Transfers:
    """The use cases of transfers from a payment's charge to connected accounts.

    All methods may raise Busy and StripeFailure. Methods that write take the caller's idempotency
    key and name (None for an unnamed caller), and may raise IdempotencyKeyMissing and
    IdempotencyKeyInvalid.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def create(
        self, payment_id: str, request: CreateTransfer, key: str | None, caller: str | None = None
    ) -> WriteResult[Transfer]:
        """Transfers a part of a payment, at most once per idempotency key and account.

        The transfer gets the payment's reference. Raises PaymentNotFound, FieldsInvalid,
        CheckoutWithoutPayment, PaymentNotSucceeded.
        """
        check_payment_id(payment_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            payment = _intent(stripe, payment_id)
            check_amount(request.amount, payment.currency)
            source = stripe.transfers.source(payment.id) if payment.amount_received else None
            if source is None or payment.currency is None:
                raise PaymentNotSucceeded(
                    f"nothing was captured of this payment, which is {payment.status}: transfer "
                    "from it when it has succeeded"
                )
            return stripe.transfers.create(
                source, request, payment.currency, payment.reference, key
            )

    def list(self, payment_id: str, request: ListTransfers) -> TransferPage:
        """Returns a page of a payment's transfers, newest first; it can have fewer than the limit.

        Raises PaymentNotFound, CheckoutWithoutPayment, CursorInvalid.
        """
        check_payment_id(payment_id)
        listing = f"{payment_id} {request.listing}"
        position = cursor.decode(listing, request.cursor)
        with self._access.stripe(request.account) as stripe:
            if is_checkout(payment_id):
                payment_id = payment_intent_id(stripe.payments.get(payment_id))
            source = stripe.transfers.source(payment_id)
            if source is None:
                return TransferPage(data=(), next_cursor=None)
            page = stripe.transfers.list(source, request, position)
        return TransferPage(data=page.items, next_cursor=cursor.encode(listing, page))

    def currency(self, transfer_id: str, account: str | None = None) -> str:
        """Returns the code of a transfer's currency. Raises TransferNotFound."""
        _check_transfer_id(transfer_id)
        with self._access.stripe(account) as stripe:
            return stripe.transfers.terms(transfer_id).currency

    def reverse(
        self,
        transfer_id: str,
        request: ReverseTransfer,
        key: str | None,
        caller: str | None = None,
        permissions: Permissions = UNRESTRICTED,
    ) -> WriteResult[TransferReversal]:
        """Takes a transfer back, in full or in part, at most once per idempotency key and account.

        Raises TransferNotFound, FieldsInvalid, AccountNotAllowed for a transfer to an account that
        the caller may not act for.
        """
        _check_transfer_id(transfer_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            terms = stripe.transfers.terms(transfer_id)
            permissions.check_account(terms.destination)
            check_amount(request.amount, terms.currency)
            return stripe.transfers.reverse(transfer_id, request, key)


def _check_transfer_id(transfer_id: str) -> None:
    if not _TRANSFER_ID.fullmatch(transfer_id):
        raise TransferNotFound("there is no such transfer: ids start with tr_")


def _intent(stripe: StripeApi, payment_id: str) -> Payment:
    """Returns the payment's PaymentIntent. Raises CheckoutWithoutPayment."""
    payment = stripe.payments.get(payment_id)
    return stripe.payments.get(payment_intent_id(payment)) if is_checkout(payment_id) else payment
