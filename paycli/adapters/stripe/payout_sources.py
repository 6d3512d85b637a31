"""What caused a line of a payout, and the guest's charge that it leads to.

Each object names the one that it came from: a refund its charge, a host's payment the transfer, a
transfer the charge. The last one in this chain is what the guest was charged, with the id of the
PaymentIntent and a copy of its metadata.
"""

from typing import Annotated, NamedTuple

from pydantic import BeforeValidator

from paycli.adapters.stripe.objects import Id, StripeModel

CHARGES = "/v1/charges"
EXPANDED = (
    "data.source",
    "data.source.charge",
    "data.source.source_transaction",
    "data.source.source_transfer.source_transaction",
    "data.source.transfer.source_transaction",
    "data.source.originating_transaction",
    "data.source.fee.originating_transaction",
    "data.source.fee.charge",
)
"""What a list of balance transactions shows whole; more than four levels are not possible.

https://docs.stripe.com/expand/use-cases#charges-in-payout
"""
EXPANDED_OF_CHARGE = ("source_transfer.source_transaction",)

_CAME_FROM = {
    "charge": ("source_transfer",),
    "refund": ("charge",),
    "dispute": ("charge",),
    "transfer": ("source_transaction",),
    "transfer_reversal": ("transfer",),
    "application_fee": ("originating_transaction", "charge"),
    "fee_refund": ("fee",),
}
"""The fields of each type that name what it came from; the first one that is set counts."""


class Booking(NamedTuple):
    """The payment that a line belongs to, as far as there is one."""

    payment_id: str | None = None
    reference: str | None = None


def _linked(value: object) -> object:
    """Reads only the types in `_CAME_FROM`; of others, and of an id, only the id."""
    if value is None:
        return None
    if not isinstance(value, dict):
        return {"id": value}
    known = isinstance(value.get("object"), str) and value["object"] in _CAME_FROM
    return value if known else {"id": value.get("id")}


Linked = Annotated["LineSource | None", BeforeValidator(_linked)]


class LineSource(StripeModel):
    """An object of one of several types; `object` is its type, None where only the id is known."""

    id: str | None = None
    object: str | None = None
    metadata: dict[str, str] | None = None
    payment_intent: Id | None = None
    charge: Linked = None
    fee: Linked = None
    originating_transaction: Linked = None
    source_transaction: Linked = None
    source_transfer: Linked = None
    transfer: Linked = None

    @property
    def booking(self) -> Booking:
        """The payment, and the reference of it, else of what came from it."""
        origin = self._came_from
        found = origin.booking if origin else Booking(self.payment_intent)
        own = (self.metadata or {}).get("reference")
        return Booking(found.payment_id or self.payment_intent, found.reference or own)

    @property
    def transferred_charge(self) -> str | None:
        """The id of the charge that it came from, if that was transferred from another account.

        What it was transferred from is too deep for a list.
        """
        origin = self._came_from
        transferred = origin is not None and origin is self.charge and origin.source_transfer
        return origin.id if origin and transferred else None

    @property
    def _came_from(self) -> "LineSource | None":
        links = (getattr(self, name) for name in _CAME_FROM.get(self.object or "", ()))
        return next((link for link in links if link is not None), None)
