"""What the page shows of a payment or a setup, be it an intent or a Checkout Session."""

from urllib.parse import urlencode, urlsplit

from paycli import money
from paycli.sandbox.standin.payment_page.markup import web_address
from paycli.sandbox.standin.resources.payment_objects import (
    CheckoutSessionState,
    Intent,
    PaymentIntentState,
    SetupIntentState,
)

_STATES = {
    "requires_action": "authentication",
    "processing": "processing",
    "requires_capture": "authorized",
    "succeeded": "paid",
    "canceled": "canceled",
}


class PaymentView:
    """A payment or setup as the customer sees it at this moment."""

    def __init__(self, payment: Intent | CheckoutSessionState) -> None:
        self.payment = payment
        if isinstance(payment, CheckoutSessionState):
            self.session: CheckoutSessionState | None = payment
            self.intent: Intent | None = payment.intent
        else:
            self.session, self.intent = payment.session, payment

    @property
    def state(self) -> str:
        """The state of the page.

        One of `open`, `authentication` (3-D Secure), `processing`, `authorized`, `paid`, `saved` (a
        setup), `canceled`, `expired`, `failed` (a bank debit).
        """
        if self.session and self.session.status == "expired":
            return "expired"
        if self.intent is None:
            return "open"
        if self.is_setup and self.intent.status == "succeeded":
            return "saved"
        completed = self.session is not None and self.session.status == "complete"
        return _STATES.get(self.intent.status, "failed" if completed else "open")

    @property
    def is_setup(self) -> bool:
        """Whether a card is saved without a payment."""
        return isinstance(self.intent, SetupIntentState)

    @property
    def amount(self) -> str | None:
        """The amount in major units with its currency, `20.00 EUR`; None for a setup."""
        payment = self.payment
        if isinstance(payment, SetupIntentState) or payment.amount is None:
            return None
        assert payment.currency is not None
        return money.format_amount(payment.amount, money.currency(payment.currency))

    @property
    def description(self) -> str | None:
        """The names of the line items, or the intent's description."""
        if self.session and self.session.line_items:
            return ", ".join(str(item["description"]) for item in self.session.line_items)
        if isinstance(self.intent, SetupIntentState):
            return self.intent.description
        description = self.intent and self.intent.echoed.get("description")
        return str(description) if description else None

    @property
    def reference(self) -> str | None:
        """The reference in the metadata, as paycli sets it."""
        return self.payment.metadata.get("reference")

    @property
    def payment_method(self) -> str | None:
        """Brand and last four digits of the payment method."""
        method = self.intent and self.intent.payment_method
        return method.test.label if method else None

    @property
    def error(self) -> str | None:
        """Stripe's message for the last failed attempt."""
        error = self.intent and self.intent.last_error
        return str(error["message"]) if error else None

    @property
    def error_codes(self) -> str:
        """Stripe's codes for the last failed attempt."""
        error = (self.intent and self.intent.last_error) or {}
        codes = dict.fromkeys(str(error[key]) for key in ("code", "decline_code") if key in error)
        return " · ".join(codes)

    @property
    def saves_card(self) -> bool:
        """Whether a successful payment saves its card for later ones."""
        if isinstance(self.intent, PaymentIntentState):
            return self.intent.future_usage is not None
        return self.session is not None and "setup_future_usage" in self.session.intent_echoed

    @property
    def to_authenticate(self) -> str | None:
        """The id of the card that a charge without the customer left to be authenticated."""
        error = (self.intent and self.intent.last_error) or {}
        method = error.get("payment_method")
        if error.get("code") != "authentication_required" or not isinstance(method, dict):
            return None
        return str(method["id"])

    @property
    def accepts_bank_debits(self) -> bool:
        """Whether the payment methods include bank debits."""
        return "us_bank_account" in (self.intent or self.payment).method_types

    @property
    def success_url(self) -> str | None:
        """Where the customer continues: Checkout's success_url, an intent's return_url."""
        if self.session:
            url = web_address(self.session.echoed.get("success_url"))
            return url and url.replace("{CHECKOUT_SESSION_ID}", self.session.id)
        return self._return_url("succeeded")

    @property
    def cancel_url(self) -> str | None:
        """Where the customer continues without paying."""
        if self.session:
            return web_address(self.session.echoed.get("cancel_url"))
        return self._return_url("failed")

    @property
    def secret(self) -> str:
        """The client secret; empty for a Session, which needs only its id."""
        payment = self.payment
        return "" if isinstance(payment, CheckoutSessionState) else payment.client_secret

    def url(self, part: str = "") -> str:
        """The path of this payment's page, or of a part of it, with the secret."""
        query = f"?{urlencode({'client_secret': self.secret})}" if self.secret else ""
        return f"/pay/{self.payment.id}{part and '/'}{part}{query}"

    def _return_url(self, redirect_status: str) -> str | None:
        """https://docs.stripe.com/payments/payment-intents/verifying-status#handling-next-actions."""
        url = web_address(self.intent and self.intent.return_url)
        if url is None or self.intent is None:
            return None
        query = urlencode(
            {
                self.intent.TYPE: self.intent.id,
                f"{self.intent.TYPE}_client_secret": self.intent.client_secret,
                "redirect_status": redirect_status,
            }
        )
        parts = urlsplit(url)
        return parts._replace(query=f"{parts.query}&{query}" if parts.query else query).geturl()


def host(url: str) -> str:
    """The host of a URL, without credentials."""
    return urlsplit(url).netloc.rpartition("@")[2]
