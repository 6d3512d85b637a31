"""The use cases of payouts: list, get and list their lines."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from paycli.errors import PayoutNotFound
from paycli.models import (
    ListPayouts,
    ListPayoutTransactions,
    Payout,
    PayoutPage,
    PayoutTransaction,
    PayoutTransactionPage,
)
from paycli.models.fields import MAX_PAGE
from paycli.payments import cursor
from paycli.payments.access import Access

_PAYOUT_ID = re.compile(r"po_[A-Za-z0-9_]{1,250}", re.ASCII)


class Payouts:
    """The use cases of payouts. All methods may raise Busy and StripeFailure."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def list(self, request: ListPayouts) -> PayoutPage:
        """Returns a page of payouts, newest first. Raises CursorInvalid."""
        position = cursor.decode(request.listing, request.cursor)
        with self._access.stripe(request.account) as stripe:
            page = stripe.payouts.list(request, position)
        return PayoutPage(data=page.items, next_cursor=cursor.encode(request.listing, page))

    def get(self, payout_id: str, account: str | None = None) -> Payout:
        """Returns the current payout. Raises PayoutNotFound."""
        _check_payout_id(payout_id)
        with self._access.stripe(account) as stripe:
            return stripe.payouts.get(payout_id)

    def transactions(
        self, payout_id: str, request: ListPayoutTransactions
    ) -> PayoutTransactionPage:
        """Returns a page of a payout's lines, newest first; it can have fewer than the limit.

        Raises PayoutNotFound, PayoutNotAutomatic, PayoutNotReconciled, CursorInvalid.
        """
        _check_payout_id(payout_id)
        listing = f"{payout_id} {request.listing}"
        position = cursor.decode(listing, request.cursor)
        with self._access.stripe(request.account) as stripe:
            page = stripe.payouts.transactions(payout_id, request, position)
        return PayoutTransactionPage(data=page.items, next_cursor=cursor.encode(listing, page))

    def every_transaction(
        self, payout_id: str, account: str | None = None
    ) -> Iterator[PayoutTransaction]:
        """Yields all lines of a payout, newest first; each page has a deadline of its own.

        Raises PayoutNotFound, PayoutNotAutomatic, PayoutNotReconciled.
        """
        next_cursor: str | None = None
        while True:
            request = ListPayoutTransactions(limit=MAX_PAGE, cursor=next_cursor, account=account)
            page = self.transactions(payout_id, request)
            yield from page.data
            next_cursor = page.next_cursor
            if next_cursor is None:
                return


@dataclass(slots=True)
class PayoutCheck:
    """Counts the lines of a payout while they pass, and compares their sum with its amount."""

    payout: Payout
    lines: int = 0
    net: int = 0
    in_other_currencies: int = 0

    def count(self, lines: Iterable[PayoutTransaction]) -> Iterator[PayoutTransaction]:
        """Yields the lines unchanged."""
        for line in lines:
            self.lines += 1
            if line.currency == self.payout.currency:
                self.net += line.net
            else:
                self.in_other_currencies += 1
            yield line

    @property
    def holds(self) -> bool:
        """Whether the lines that were counted sum to the payout."""
        return self.net == self.payout.amount and not self.in_other_currencies


def _check_payout_id(payout_id: str) -> None:
    if not _PAYOUT_ID.fullmatch(payout_id):
        raise PayoutNotFound("there is no such payout: ids start with po_")
