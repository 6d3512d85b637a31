"""Checkout Sessions of payments: Stripe's object, and the parameters of its creation."""

from pydantic import Field

from paycli.adapters.stripe.objects import ApiObject, Id
from paycli.adapters.stripe.params import Params, reference_metadata, without_none
from paycli.adapters.stripe.payments.charges import ChargeObject
from paycli.adapters.stripe.payments.intents import SharedPaymentObject, connect_params
from paycli.models import CreatePayment, LineItem, Payment

SESSIONS = "/v1/checkout/sessions"


class SessionPaymentObject(SharedPaymentObject):
    """The PaymentIntent of a Checkout Session."""

    id: str
    payment_method: Id | None = None
    # An id unless it was expanded.
    latest_charge: ChargeObject | str | None = None


class CheckoutSessionObject(ApiObject):
    """https://docs.stripe.com/api/checkout/sessions/object."""

    mode: str = "payment"
    status: str
    # Null in setup mode, which takes no payment.
    amount: int | None = Field(alias="amount_total")
    currency: str | None
    client_secret: str | None = Field(default=None, repr=False)
    livemode: bool
    customer: str | None = None
    # An id unless it was expanded.
    payment_intent: SessionPaymentObject | str | None = None
    url: str | None = Field(default=None, repr=False)

    @property
    def charge(self) -> ChargeObject | None:
        """The latest charge, if it was expanded."""
        intent = self.payment_intent
        charge = intent.latest_charge if isinstance(intent, SessionPaymentObject) else None
        return charge if isinstance(charge, ChargeObject) else None

    def to_payment(self) -> Payment:
        """Converts it to our model."""
        intent = self.payment_intent
        payment = Payment(
            id=self.id,
            status=self.status,
            amount=self.amount,
            currency=self.currency,
            reference=self.reference,
            client_secret=self.client_secret,
            payment_url=self.url,
            livemode=self.livemode,
            created_at=self.created,
            payment_id=intent.id if isinstance(intent, SessionPaymentObject) else intent,
            customer=self.customer,
            metadata=self.caller_metadata,
        )
        if not isinstance(intent, SessionPaymentObject):
            return payment
        return payment.model_copy(
            update={**intent.shares(), "payment_method": intent.payment_method}
        )


def create_params(request: CreatePayment) -> Params:
    """https://docs.stripe.com/api/checkout/sessions/create.

    Stripe copies no metadata from a Session to its PaymentIntent, so both are given it.
    """
    metadata = {**request.metadata, **reference_metadata(request.reference)}
    single_item = LineItem(
        name=request.description or request.reference or "", amount=request.total
    )
    return without_none(
        mode="payment",
        line_items=[
            _line_item_params(item, request.currency)
            for item in request.line_items or [single_item]
        ],
        ui_mode="embedded_page" if request.ui == "embedded" else None,
        success_url=request.success_url,
        cancel_url=request.cancel_url,
        return_url=request.return_url,
        expires_at=None if request.expires_at is None else int(request.expires_at.timestamp()),
        locale=request.locale,
        submit_type=request.submit_type,
        client_reference_id=request.reference,
        customer=request.customer,
        customer_email=None if request.customer else request.receipt_email,
        metadata=metadata,
        payment_intent_data=without_none(
            metadata=metadata,
            capture_method=request.capture_method,
            description=request.description,
            receipt_email=request.receipt_email,
            statement_descriptor_suffix=request.statement_descriptor_suffix,
            setup_future_usage=request.save_payment_method,
            **connect_params(request),
        ),
    )


def _line_item_params(item: LineItem, currency: str) -> Params:
    price = {
        "currency": currency,
        "unit_amount": item.amount,
        "product_data": {"name": item.name},
    }
    return {"quantity": item.quantity, "price_data": price}
