"""The books of all accounts: balance transactions, and where the money came from.

https://docs.stripe.com/api/balance_transactions. An amount never comes from nowhere: each balance
transaction moves it between an account and a party outside of it, and each fee from the account to
whom it is paid. So the balances of all accounts and parties always sum to zero, and the clearing
party, through which accounts pay each other, is empty after each operation.

Simplifications: charges are settled in their own currency, and Stripe's fee is the same for all.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.store.objects import Json, ObjectState, Scope
from paycli.sandbox.standin.store.rendering import as_json
from paycli.sandbox.standin.store.store import Store

DAY_SECONDS = 86_400
SETTLEMENT_DAYS = 2
DISPUTE_FEE = 1500
"""What Stripe takes for a dispute, in minor units, won or lost."""
_CATEGORIES = {
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "payment": "charge",
    "payment_refund": "refund",
    "transfer_refund": "transfer_reversal",
}
_EXAMPLE = example("balance_transaction")


class Party(StrEnum):
    """Who is paid, or pays, outside the accounts."""

    CUSTOMERS = "customers"
    STRIPE = "stripe"
    BANKS = "banks"
    CLEARING = "clearing"


_FEE_RECEIVERS = {"application_fee": Party.CLEARING, "stripe_fee": Party.STRIPE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happens to a balance: `amount`, in minor units, comes from `party`.

    `kind` is the type of the balance transaction, `source` the id of the object that caused it,
    `fees` are by type. Without `available_on`, in Unix seconds, the amount is available at once.
    """

    kind: str
    amount: int
    currency: str
    source: str
    party: Party
    fees: Mapping[str, int] = field(default_factory=dict)
    available_on: int | None = None
    category: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class BalanceTransactionState(ObjectState):
    """https://docs.stripe.com/api/balance_transactions/object.

    `now` is the store's clock, on which its status depends.
    """

    TYPE = "balance_transaction"
    URL = "/v1/balance_transactions"
    EXPANDABLE = frozenset({"source"})
    POLYMORPHIC = frozenset({"source"})
    CACHED = False

    now: Callable[[], int]
    entry: Entry
    available_on: int
    payout: str | None = None

    @property
    def fee(self) -> int:
        """The sum of the fees, in minor units."""
        return sum(self.entry.fees.values())

    @property
    def net(self) -> int:
        """What the account's balance changed by, in minor units."""
        return self.entry.amount - self.fee


def stripe_fee(amount: int) -> int:
    """What Stripe takes of a charge, in minor units: 2.9 % and 30."""
    return amount * 29 // 1000 + 30


def book(store: Store, scope: Scope, entry: Entry) -> BalanceTransactionState:
    """Adds a balance transaction to the account of `scope`."""
    now = store.now()
    return store.add(
        BalanceTransactionState(
            id=store.new_id("txn_3"),
            scope=scope,
            created=now,
            number=store.next_number(),
            now=store.now,
            entry=entry,
            available_on=now if entry.available_on is None else entry.available_on,
        )
    )


def settlement_time(store: Store) -> int:
    """When the amount of a charge of now is available, in Unix seconds."""
    return store.now() + SETTLEMENT_DAYS * DAY_SECONDS


def transactions(store: Store, scope: Scope) -> Iterator[BalanceTransactionState]:
    """The balance transactions of an account, newest first."""
    return (each for each in store.newest_first(BalanceTransactionState) if each.scope == scope)


def balances(store: Store, *, livemode: bool = False) -> dict[str, dict[str, int]]:
    """The balance of each account and party of a mode, by currency, in minor units."""
    books: dict[str, Counter[str]] = {}

    def add(name: str, currency: str, amount: int) -> None:
        books.setdefault(name, Counter())[currency] += amount

    for each in store.newest_first(BalanceTransactionState):
        if each.scope.livemode != livemode:
            continue
        entry = each.entry
        add(each.scope.account, entry.currency, each.net)
        add(entry.party, entry.currency, -entry.amount)
        for fee_type, fee in entry.fees.items():
            add(_FEE_RECEIVERS[fee_type], entry.currency, fee)
    return {name: dict(amounts) for name, amounts in books.items()}


@as_json.register
def balance_transaction_json(transaction: BalanceTransactionState) -> Json:
    """A BalanceTransaction."""
    entry = transaction.entry
    available = transaction.available_on <= transaction.now()
    return {
        **_EXAMPLE,
        "amount": entry.amount,
        "available_on": transaction.available_on,
        "created": transaction.created,
        "currency": entry.currency,
        "description": None,
        "fee": transaction.fee,
        "fee_details": [
            {
                "amount": fee,
                "application": None,
                "currency": entry.currency,
                "description": fee_type.replace("_", " ").capitalize(),
                "type": fee_type,
            }
            for fee_type, fee in entry.fees.items()
            if fee
        ],
        "id": transaction.id,
        "net": transaction.net,
        "reporting_category": entry.category or _CATEGORIES.get(entry.kind, entry.kind),
        "source": entry.source,
        "status": "available" if available else "pending",
        "type": entry.kind,
    }
