"""A gateway to an in-memory Stripe, and the use cases on it."""

from collections.abc import Callable, Collection
from types import SimpleNamespace
from typing import TypeVar, cast

from paycli.errors import PaycliError
from paycli.models import (
    CapturePayment,
    CreatePayment,
    IncrementPayment,
    ListPayments,
    ListRefunds,
    Payment,
    PaymentWithCharge,
    PayoutTransaction,
    Refund,
    RefundPayment,
    ResultPage,
    TransferSource,
    TransferTerms,
    UpdatePayment,
    WriteResult,
)
from paycli.payments.access import Access
from paycli.payments.gateway import Gateway
from paycli.payments.use_cases import UseCases

T = TypeVar("T")


CREATE_REQUEST = CreatePayment(amount=2000, currency="eur")


def payment(id_: str, **fields: object) -> Payment:
    """Return a payment of 20 euros with these fields."""
    default = Payment(
        id=id_,
        status="requires_payment_method",
        amount=2000,
        currency="eur",
        reference=None,
        client_secret=None,
        payment_url=None,
        livemode=False,
        created_at="2026-01-31T12:00:00Z",
        payment_id=None if id_.startswith("cs_") else id_,
    )
    return default.model_copy(update=fields)


REFUND = Refund(
    id="re_1",
    status="succeeded",
    amount=500,
    currency="eur",
    payment_id="pi_1",
    reference="booking-42",
    reason=None,
    failure_reason=None,
    created_at="2026-01-31T12:00:00Z",
)


class InMemoryStripe:
    """Records all calls; it is the gateway as well as the API that the gateway opens.

    `existing` is the payment that `get` returns. `during_call` is called while a call is in flight.
    """

    def __init__(self, during_call: Callable[[], object] = lambda: None) -> None:
        self.keys: list[str] = []
        self.ids: list[str] = []
        self.opened: list[str | None] = []
        self.calls: list[tuple[object, ...]] = []
        self.reads: list[tuple[object, ...]] = []
        self.existing = payment("pi_1")
        self.during_call = during_call
        self.payments = InMemoryPayments(self)
        self.refunds = InMemoryRefunds(self)
        self.missing: dict[str, PaycliError] = {}
        """What a method that reads raises."""
        self.lines: list[ResultPage[PayoutTransaction]] = []
        """The pages of a payout that are left."""
        self.listed: tuple[Refund, ...] = (REFUND,)
        # What `source`, `terms` and `get` of these resources return.
        self.source: TransferSource | None = TransferSource("pi_1", "ch_1", "group_pi_1")
        self.terms = TransferTerms("acct_host", "eur")
        self.dispute = SimpleNamespace(evidence_fields=("uncategorized_text",))

    def __getattr__(self, resource: str) -> "Recorder":
        """Return another resource, which records each call."""
        return Recorder(self, resource)

    def open(self, account: str | None) -> "InMemoryStripe":
        """Record the account."""
        self.opened.append(account)
        return self

    def write(self, result: T, key: str, *call: object) -> WriteResult[T]:
        """Record the call; the result of a key that was used before is a replay."""
        replayed = key in self.keys
        self.keys.append(key)
        self.calls.append(call)
        self.during_call()
        return WriteResult(result, replayed)


class InMemoryPayments:
    """The payments of an `InMemoryStripe`."""

    def __init__(self, stripe: InMemoryStripe) -> None:
        self._stripe = stripe

    def create(self, request: CreatePayment, key: str) -> WriteResult[Payment]:
        """Record the call and return the payment."""
        return self._stripe.write(payment("pi_1"), key, "create", request)

    def get(self, payment_id: str) -> Payment:
        """Return the existing payment under any id; a Session does not show its shares."""
        self._stripe.ids.append(payment_id)
        self._stripe.during_call()
        hidden = {"destination": None, "application_fee": None}
        shown = hidden if payment_id.startswith("cs_") else {}
        return self._stripe.existing.model_copy(update={"id": payment_id, **shown})

    def get_with_charge(self, payment_id: str) -> PaymentWithCharge:
        """Return the existing payment, which has no charge."""
        return PaymentWithCharge(**dict(self.get(payment_id)))

    def list(self, request: ListPayments, position: str | None) -> ResultPage[Payment]:
        """Return one payment on a page that is never the last."""
        self._stripe.calls.append(("list", request.limit, position))
        return ResultPage((payment("pi_1"),), f"after {position}")

    def update(self, payment_id: str, request: UpdatePayment, key: str) -> WriteResult[Payment]:
        """Record the call."""
        return self._stripe.write(payment(payment_id), key, "update", payment_id, request)

    def increment(
        self, intent_id: str, request: IncrementPayment, key: str
    ) -> WriteResult[Payment]:
        """Record the call."""
        return self._stripe.write(payment(intent_id), key, "increment", intent_id, request.amount)

    def capture(self, intent_id: str, request: CapturePayment, key: str) -> WriteResult[Payment]:
        """Record the call."""
        return self._stripe.write(payment(intent_id), key, "capture", intent_id, request.amount)

    def cancel(self, payment_id: str, reason: str | None, key: str) -> WriteResult[Payment]:
        """Record the call."""
        return self._stripe.write(payment(payment_id), key, "cancel", payment_id, reason)


class InMemoryRefunds:
    """The refunds of an `InMemoryStripe`."""

    def __init__(self, stripe: InMemoryStripe) -> None:
        self._stripe = stripe

    def create(
        self, intent_id: str, request: RefundPayment, reference: str | None, key: str
    ) -> WriteResult[Refund]:
        """Record the call."""
        return self._stripe.write(REFUND, key, "refund", intent_id, request.amount, reference)

    def list(
        self, intent_id: str, request: ListRefunds, position: str | None
    ) -> ResultPage[Refund]:
        """Return the listed refunds on a page that is never the last."""
        self._stripe.calls.append(("refunds", intent_id, request.limit, position))
        return ResultPage(self._stripe.listed, f"after {position}")

    def get(self, refund_id: str) -> Refund:
        """Return the refund under any id."""
        self._stripe.ids.append(refund_id)
        return REFUND


class Recorder:
    """A resource that records each call as `(resource.method, *arguments)`."""

    READS = frozenset({"get", "list", "source", "terms", "transactions"})

    def __init__(self, stripe: InMemoryStripe, resource: str) -> None:
        self._stripe = stripe
        self._resource = resource

    def __getattr__(self, method: str) -> Callable[..., object]:
        """Return a method; the last argument of one that writes is the idempotency key."""

        def call(*arguments: object) -> object:
            name = f"{self._resource}.{method}"
            if method in self.READS:
                self._stripe.reads.append((name, *arguments))
                if name in self._stripe.missing:
                    raise self._stripe.missing[name]
                return self._result(method, arguments)
            if method in {"delete", "detach"}:
                self._stripe.calls.append((name, *arguments))
                return None
            *others, key = arguments
            return self._stripe.write(None, str(key), name, *others)

        return call

    def _result(self, method: str, arguments: tuple[object, ...]) -> object:
        match method:
            case "transactions" if self._stripe.lines:
                return self._stripe.lines.pop(0)
            case "list" | "transactions":
                return ResultPage((), f"after {arguments[-1]}")
            case "source":
                return self._stripe.source
            case "terms":
                return self._stripe.terms
            case _:
                return self._stripe.dispute


def use_cases(
    stripe: InMemoryStripe, max_in_flight: int = 1, caller_names: Collection[str] = ()
) -> UseCases:
    """Return the use cases on a Stripe."""
    # Of other resources it records the calls: their results are tested on the stand-in.
    gateway = cast(Gateway, stripe)
    return UseCases(Access(gateway, max_in_flight, caller_names))
