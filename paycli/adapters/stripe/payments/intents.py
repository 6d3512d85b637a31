"""PaymentIntents: Stripe's object, and the parameters of its creation."""

from pydantic import Field

from paycli.adapters.stripe.objects import ApiObject, Id, StripeModel
from paycli.adapters.stripe.params import Params, reference_metadata, without_none
from paycli.adapters.stripe.payments.charges import ChargeObject
from paycli.models import CreatePayment, Hold, Payment

INTENTS = "/v1/payment_intents"


class TransferData(StripeModel):
    """https://docs.stripe.com/connect/destination-charges."""

    destination: Id


class SharedPaymentObject(StripeModel):
    """Who shares the amount of a PaymentIntent: https://docs.stripe.com/connect/charges."""

    application_fee: int | None = Field(default=None, alias="application_fee_amount")
    transfer_data: TransferData | None = None
    on_behalf_of: str | None = None
    transfer_group: str | None = None

    def shares(self) -> dict[str, object]:
        """Returns the fields of a payment that say who shares it."""
        return {
            "application_fee": self.application_fee,
            "destination": self.transfer_data.destination if self.transfer_data else None,
            "on_behalf_of": self.on_behalf_of,
            "transfer_group": self.transfer_group,
        }


class PaymentIntentObject(ApiObject, SharedPaymentObject):
    """https://docs.stripe.com/api/payment_intents/object."""

    status: str
    amount: int
    currency: str
    client_secret: str | None = Field(default=None, repr=False)
    livemode: bool
    description: str | None = None
    capture_method: str | None = None
    amount_capturable: int | None = None
    amount_received: int | None = None
    cancellation_reason: str | None = None
    customer: str | None = None
    payment_method: str | None = None
    # An id unless it was expanded.
    latest_charge: ChargeObject | str | None = None

    @property
    def charge(self) -> ChargeObject | None:
        """The latest charge, if it was expanded."""
        return self.latest_charge if isinstance(self.latest_charge, ChargeObject) else None

    def to_payment(self, *, with_secret: bool = True) -> Payment:
        """Converts it to our model; lists omit the secret, which only a browser needs."""
        was_held = self.capture_method == "manual" or self.status == "requires_capture"
        held = self.charge if was_held else None
        payment = Payment(
            id=self.id,
            status=self.status,
            amount=self.amount,
            currency=self.currency,
            reference=self.reference,
            client_secret=self.client_secret if with_secret else None,
            payment_url=None,
            livemode=self.livemode,
            created_at=self.created,
            payment_id=self.id,
            description=self.description,
            metadata=self.caller_metadata,
            capture_method=self.capture_method,
            amount_capturable=self.amount_capturable,
            amount_received=self.amount_received,
            hold=None if held is None else held.hold,
            cancellation_reason=self.cancellation_reason,
            customer=self.customer,
            payment_method=self.payment_method,
        )
        return payment.model_copy(update=self.shares())


def create_params(request: CreatePayment) -> Params:
    """https://docs.stripe.com/api/payment_intents/create.

    A charge without the customer allows no payment method that redirects: Stripe would require a
    `return_url` for it.
    """
    return without_none(
        amount=request.total,
        currency=request.currency,
        automatic_payment_methods=without_none(
            enabled=True, allow_redirects="never" if request.off_session else None
        ),
        capture_method=request.capture_method,
        metadata={**request.metadata, **reference_metadata(request.reference)},
        description=request.description,
        customer=request.customer,
        payment_method=request.payment_method,
        off_session=request.off_session or None,
        confirm=request.off_session or None,
        setup_future_usage=request.save_payment_method,
        receipt_email=request.receipt_email,
        statement_descriptor_suffix=request.statement_descriptor_suffix,
        payment_method_options=_hold_params(request.hold),
        **connect_params(request),
        # Only a charge without the customer is made at once.
        expand=["latest_charge"] if request.off_session else None,
    )


def _hold_params(hold: Hold | None) -> Params | None:
    """https://docs.stripe.com/payments/flexible-payments."""
    if hold is None:
        return None
    requested = {
        "request_extended_authorization": hold.extended,
        "request_incremental_authorization": hold.incremental,
        "request_overcapture": hold.overcapture,
        "request_multicapture": hold.multicapture,
    }
    card = {name: "if_available" for name, wanted in requested.items() if wanted}
    return {"card": card} if card else None


def connect_params(request: CreatePayment) -> Params:
    """Returns the parameters that share the amount: https://docs.stripe.com/connect/charges."""
    return without_none(
        application_fee_amount=request.application_fee,
        transfer_data=without_none(destination=request.destination) or None,
        on_behalf_of=request.on_behalf_of,
        transfer_group=request.transfer_group,
    )
