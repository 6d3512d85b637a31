"""What a page says of a payment, whether it is a PaymentIntent's or a Checkout Session's."""

from urllib.parse import urlencode, urlsplit

from paycli import money
from paycli.sandbox.standin.payment_page.markup import web_address
from paycli.sandbox.standin.resources.payment_objects import (
    CheckoutSessionState,
    PaymentIntentState,
)

_STATES = {
    "requires_action": "step",
    "processing": "processing",
    "requires_capture": "held",
    "succeeded": "paid",
    "canceled": "canceled",
}


class Bill:
    """The payment as the customer sees it, at this moment."""

    def __init__(self, it: PaymentIntentState | CheckoutSessionState) -> None:
        self.it = it
        self.session = it if isinstance(it, CheckoutSessionState) else it.session
        self.intent = it.intent if isinstance(it, CheckoutSessionState) else it

    @property
    def state(self) -> str:
        """open, step (3-D Secure), processing, held, paid, canceled, expired, failed (a debit)."""
        if self.session and self.session.status == "expired":
            return "expired"
        if self.intent is None:
            return "open"
        over = self.session is not None and self.session.status == "complete"
        return _STATES.get(self.intent.status, "failed" if over else "open")

    @property
    def amount(self) -> str:
        """The amount as people write it, `20.00 EUR`."""
        return money.format_amount(self.it.amount, money.currency(self.it.currency))

    @property
    def subject(self) -> str | None:
        """What is paid for."""
        if self.session:
            return ", ".join(str(item["description"]) for item in self.session.items)
        description = self.intent and self.intent.echoed.get("description")
        return str(description) if description else None

    @property
    def reference(self) -> str | None:
        """The reference in the metadata, as paycli sets it."""
        return self.it.metadata.get("reference")

    @property
    def paid_with(self) -> str | None:
        """Kind and last four digits of what it was paid with."""
        method = self.intent and self.intent.payment_method
        if not method:
            return None
        return f"{method.test.brand.capitalize() or 'Bank account'} ···· {method.test.last4}"

    @property
    def complaint(self) -> str | None:
        """Why the last try failed, in Stripe's words."""
        error = self.intent and self.intent.last_error
        return str(error["message"]) if error else None

    @property
    def codes(self) -> str:
        """Stripe's codes for it."""
        error = (self.intent and self.intent.last_error) or {}
        found = dict.fromkeys(str(error[key]) for key in ("code", "decline_code") if key in error)
        return " · ".join(found)

    @property
    def takes_bank_debits(self) -> bool:
        """Whether it may be paid from a bank account."""
        return "us_bank_account" in (self.intent or self.it).method_types

    @property
    def onward(self) -> str | None:
        """Where the customer goes when done: Checkout's success_url, an intent's return_url."""
        if self.session:
            url = web_address(self.session.echoed.get("success_url"))
            return url and url.replace("{CHECKOUT_SESSION_ID}", self.session.id)
        return self._returning("succeeded")

    @property
    def back(self) -> str | None:
        """Where the customer goes instead of paying."""
        if self.session:
            return web_address(self.session.echoed.get("cancel_url"))
        return self._returning("failed")

    @property
    def secret(self) -> str:
        """What lets a browser in; a Session's id is enough."""
        return self.it.client_secret if isinstance(self.it, PaymentIntentState) else ""

    def address(self, part: str = "") -> str:
        """The path of this payment's page, or of a part of it, with the secret."""
        query = f"?{urlencode({'client_secret': self.secret})}" if self.secret else ""
        return f"/pay/{self.it.id}{part and '/'}{part}{query}"

    def _returning(self, outcome: str) -> str | None:
        """https://docs.stripe.com/payments/payment-intents/verifying-status#handling-next-actions."""
        url = web_address(self.intent and self.intent.return_url)
        if url is None or self.intent is None:
            return None
        told = {
            "payment_intent": self.intent.id,
            "payment_intent_client_secret": self.intent.client_secret,
            "redirect_status": outcome,
        }
        parts = urlsplit(url)
        query = f"{parts.query}&{urlencode(told)}" if parts.query else urlencode(told)
        return parts._replace(query=query).geturl()


def host(url: str) -> str:
    """Whose address it is, as people say it."""
    return urlsplit(url).netloc.rpartition("@")[2]
