"""What callers have asked for, and the records that must then be on the topic.

The expectations are written by hand from the contract of the events; they use no code of the
service.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from chaos.oracle import fingerprint

AMOUNTS = ("amount", "currency", "reference")
REFUND = (*AMOUNTS, "payment_id", "refund_id")
SETUP = (*AMOUNTS, "setup_intent_id", "customer_id", "payment_method_id")
COMPARED = {
    "PaymentCreatedEvent": (*AMOUNTS, "payment_id"),
    "PaymentSucceededEvent": (*AMOUNTS, "payment_id", "amount_received"),
    "PaymentFailedEvent": (*AMOUNTS, "payment_id", "code"),
    "RefundSucceededEvent": REFUND,
    "RefundUpdatedEvent": REFUND,
    "PaymentMethodSetupSucceededEvent": SETUP,
    "PaymentMethodAttachedEvent": (*AMOUNTS, "customer_id", "payment_method_id"),
}
"""The compared fields of each event of the callers' payments and setups."""
EVENTS = {
    "payment_intent.created": "PaymentCreatedEvent",
    "payment_intent.succeeded": "PaymentSucceededEvent",
    "payment_intent.payment_failed": "PaymentFailedEvent",
    "refund.created": "RefundSucceededEvent",
    "refund.updated": "RefundUpdatedEvent",
    "setup_intent.succeeded": "PaymentMethodSetupSucceededEvent",
    "payment_method.attached": "PaymentMethodAttachedEvent",
}
"""The event that each of Stripe's becomes; Stripe's others of this load are not published."""
Request = dict[str, object]


class Books:
    """What callers have asked for; each method is called once the response to it has come.

    Attributes:
        expected: The fingerprint of the record of each event, by Stripe's type and object.
        created: The id that the response to each idempotency key had.
        wrong: Responses that do not have what was asked for.
    """

    def __init__(self) -> None:
        self.expected: dict[tuple[str, str], str] = {}
        self.created: dict[str, str] = {}
        self.wrong: list[str] = []

    def payment(self, payment_id: str, request: Request) -> None:
        """A payment was created."""
        self._expect(
            "payment_intent.created", payment_id, payment_id, request, payment_id=payment_id
        )

    def paid(self, payment_id: str, request: Request) -> None:
        """The customer has paid the whole amount."""
        own = {"payment_id": payment_id, "amount_received": request["amount"]}
        self._expect("payment_intent.succeeded", payment_id, payment_id, request, **own)

    def declined(self, payment_id: str, request: Request) -> None:
        """The customer's first card was declined."""
        own = {"payment_id": payment_id, "code": "card_declined"}
        self._expect("payment_intent.payment_failed", payment_id, payment_id, request, **own)

    def refunded(self, payment_id: str, refund_id: str, request: Request, amount: int) -> None:
        """A part of a payment, or what was left of it, was given back."""
        own = {"payment_id": payment_id, "refund_id": refund_id}
        for type_ in ("refund.created", "refund.updated"):
            self._expect(type_, refund_id, payment_id, {**request, "amount": amount}, **own)

    def saved(self, setup_id: str, customer: str, method: str, reference: str) -> None:
        """A customer has saved a card."""
        own = {"customer_id": customer, "payment_method_id": method}
        named = {"reference": reference}
        self._expect(
            "setup_intent.succeeded", setup_id, setup_id, named, setup_intent_id=setup_id, **own
        )
        self._expect("payment_method.attached", method, method, {}, **own)

    def check(self, name: str, actual: object, asked: object) -> None:
        """Note a response that does not have what was asked for."""
        if actual != asked:
            self.wrong.append(f"{name}: {actual!r} and not {asked!r}")

    def not_exactly_once(self, at_stripe: Iterable[tuple[str, str]]) -> list[str]:
        """Return the keys whose objects at Stripe are not the one in the response.

        Args:
            at_stripe: The idempotency key and the id of every object at Stripe.
        """
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for key, object_id in at_stripe:
            ids[key].append(object_id)
        keys = self.created.keys() | ids.keys()
        return sorted(key for key in keys if ids[key] != [self.created.get(key)])

    def _expect(
        self, type_: str, object_id: str, key: str, request: Mapping[str, object], **own: object
    ) -> None:
        data = {name: request.get(name) for name in AMOUNTS} | own
        self.expected[type_, object_id] = fingerprint(key, EVENTS[type_], data)
