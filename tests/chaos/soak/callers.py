"""Callers: payments, refunds, setups, look-ups and lists, at a steady rate."""

import itertools
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from harness.stripe import Stripe
from service import CUSTOMERS, PAYMENTS, SETUPS

from .books import Books, Request
from .calls import Call, Client, NoSuccessError, Pacer
from .credentials import Credentials

CALLERS = 12
CARD, DECLINED_CARD = "pm_card_visa", "pm_card_visa_chargeDeclined"
DECLINED_SHARE = 0.15
REFUNDED_SHARE = 0.5
CURRENCIES = ("eur", "usd", "gbp")
JOURNEYS = {"pay": 6, "save_card": 2, "list_payments": 2}
"""What callers do, and how often in proportion."""


class Callers:
    """Callers on threads of their own, which go through one journey after another.

    Attributes:
        calls: Every attempt of each operation.
        books: What was asked for.
    """

    def __init__(
        self,
        urls: Sequence[str],
        credentials: Credentials,
        stripe: Stripe,
        rate_per_second: float,
        seed: int,
    ) -> None:
        self.calls: list[Call] = []
        self.books = Books()
        pacer = Pacer(rate_per_second)

        def caller(number: int) -> "_Caller":
            rng = random.Random(f"{seed}/caller/{number}")
            client = Client(urls, lambda: credentials.token, pacer, self.calls, rng)
            return _Caller(f"{seed}-{number}", client, stripe, self.books, rng)

        self._callers = [caller(number) for number in range(CALLERS)]

    def run(self, until: float, stopping: threading.Event) -> None:
        """Return at a time (monotonic seconds) or once `stopping` is set, with all work done."""
        with ThreadPoolExecutor(CALLERS, thread_name_prefix="caller") as pool:
            for done in [pool.submit(each.run, until, stopping) for each in self._callers]:
                done.result()


class _Caller:
    def __init__(
        self, name: str, client: Client, stripe: Stripe, books: Books, rng: random.Random
    ) -> None:
        self._name, self._client, self._stripe = name, client, stripe
        self._books, self._random = books, rng
        self._numbers = itertools.count()

    def run(self, until: float, stopping: threading.Event) -> None:
        while time.monotonic() < until and not stopping.is_set():
            [journey] = self._random.choices([*JOURNEYS], [*JOURNEYS.values()])
            try:
                getattr(self, journey)()
            except NoSuccessError as error:
                self._books.wrong.append(str(error))

    def pay(self) -> None:
        """A guest pays for a booking; some get a part of it back, some of those the rest too."""
        reference, amount = self._new_name("booking"), self._random.randint(1_000, 99_999)
        request: Request = {
            "amount": amount,
            "currency": self._random.choice(CURRENCIES),
            "reference": reference,
        }
        payment_id = str(self._create("create a payment", PAYMENTS, request)["id"])
        self._books.payment(payment_id, request)
        if self._random.random() < DECLINED_SHARE:
            refused = self._stripe.pay(payment_id, DECLINED_CARD)
            self._books.check(f"decline of {payment_id}", refused.status, 402)
            self._books.declined(payment_id, request)
        paid = self._stripe.pay(payment_id, CARD)
        self._books.check(f"confirmation of {payment_id}", paid.status, 200)
        self._books.paid(payment_id, request)
        found = self._client.get("retrieve a payment", f"{PAYMENTS}/{payment_id}")
        self._check(payment_id, found, {**request, "status": "succeeded"})
        if self._random.random() < REFUNDED_SHARE:
            self._refund(payment_id, request, amount)

    def _refund(self, payment_id: str, request: Request, amount: int) -> None:
        path, part = f"{PAYMENTS}/{payment_id}/refunds", self._random.randint(100, amount - 100)
        refunds = [str(self._create("refund a part", path, {"amount": part})["id"])]
        self._books.refunded(payment_id, refunds[0], request, part)
        if self._random.random() < REFUNDED_SHARE:
            refunds.append(str(self._create("refund the rest", path, {})["id"]))
            self._books.refunded(payment_id, refunds[1], request, amount - part)
        listed = self._client.get("list refunds", path)["data"]
        amounts = {refunds[0]: part, **dict.fromkeys(refunds[1:], amount - part)}
        actual = {each["id"]: each["amount"] for each in listed}
        self._books.check(f"refunds of {payment_id}", actual, amounts)

    def save_card(self) -> None:
        """A guest saves a card."""
        reference = self._new_name("guest")
        customer = str(self._create("create a customer", CUSTOMERS, {"reference": reference})["id"])
        request: Request = {"customer": customer, "reference": reference}
        setup_id = str(self._create("create a setup", SETUPS, request)["id"])
        form = {"payment_method": CARD, "return_url": "https://shop.test/back"}
        saved = self._stripe.call("POST", f"/v1/setup_intents/{setup_id}/confirm", form)
        self._books.check(f"confirmation of {setup_id}", saved.status, 200)
        found = self._client.get("retrieve a setup", f"{SETUPS}/{setup_id}")
        self._check(setup_id, found, {**request, "status": "succeeded"})
        self._books.saved(setup_id, customer, str(found["payment_method"]), reference)
        path = f"{CUSTOMERS}/{customer}/payment-methods"
        listed = self._client.get("list payment methods", path)["data"]
        actual = [each["id"] for each in listed]
        self._books.check(f"cards of {customer}", actual, [found["payment_method"]])

    def list_payments(self) -> None:
        """A service lists the latest payments."""
        listed = self._client.get("list payments", f"{PAYMENTS}?limit=10")["data"]
        ids = {each["id"] for each in listed}
        self._books.check("a page of payments", len(listed), len(ids))

    def _new_name(self, kind: str) -> str:
        return f"{kind}-{self._name}-{next(self._numbers)}"

    def _create(self, operation: str, path: str, body: Request) -> Request:
        """Create an object with its idempotency key in its metadata, where the stand-in has it."""
        key = self._new_name("key")
        sent = {**body, "metadata": {"key": key}}
        created: Request = self._client.create(operation, path, sent, key)
        self._books.created[key] = str(created["id"])
        return created

    def _check(self, name: str, found: Request, asked: Request) -> None:
        self._books.check(name, {each: found.get(each) for each in asked}, asked)
