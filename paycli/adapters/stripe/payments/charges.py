"""Charges of payments, as far as they are used: https://docs.stripe.com/api/charges/object.

Their billing details are not read.
"""

from pydantic import Field

from paycli.adapters.stripe.objects import SettledAmount, StripeModel
from paycli.adapters.stripe.payment_methods import WalletObject
from paycli.models import Charge, ChargedCard, GrantedHold
from paycli.models.fields import UnixTime


class FeatureObject(StripeModel):
    """A feature of a hold, and whether it was granted."""

    status: str | None = None

    @property
    def granted(self) -> bool:
        """Whether it was; Stripe says `enabled` of the extension, `available` of the others."""
        return self.status in ("enabled", "available")


class OvercaptureObject(FeatureObject):
    """https://docs.stripe.com/payments/overcapture."""

    maximum_amount_capturable: int | None = None


class CardDetailsObject(StripeModel):
    """https://docs.stripe.com/api/charges/object#charge_object-payment_method_details-card."""

    brand: str | None = None
    last4: str | None = Field(default=None, repr=False)
    wallet: WalletObject | None = None
    capture_before: UnixTime | None = None
    extended_authorization: FeatureObject = FeatureObject()
    incremental_authorization: FeatureObject = FeatureObject()
    multicapture: FeatureObject = FeatureObject()
    overcapture: OvercaptureObject = OvercaptureObject()

    def to_hold(self) -> GrantedHold:
        """Converts what was granted to our model."""
        return GrantedHold(
            extended=self.extended_authorization.granted,
            incremental=self.incremental_authorization.granted,
            overcapture=self.overcapture.granted,
            multicapture=self.multicapture.granted,
            maximum_capturable=self.overcapture.maximum_amount_capturable,
            capture_before=self.capture_before,
        )

    def to_charged_card(self) -> ChargedCard:
        """Converts the card to our model."""
        wallet = None if self.wallet is None else self.wallet.type
        return ChargedCard(brand=self.brand, last4=self.last4, wallet=wallet)


class MethodDetailsObject(StripeModel):
    """How the customer paid."""

    type: str | None = None
    card: CardDetailsObject | None = None


class ChargeObject(StripeModel):
    """https://docs.stripe.com/api/charges/object."""

    id: str
    status: str
    amount_captured: int = 0
    amount_refunded: int = 0
    payment_method_details: MethodDetailsObject | None = None
    receipt_url: str | None = Field(default=None, repr=False)
    # An id unless it was expanded.
    balance_transaction: SettledAmount | str | None = None
    disputed: bool = False
    failure_code: str | None = None

    @property
    def hold(self) -> GrantedHold | None:
        """What was granted for an authorized card; None for other methods, and if it failed."""
        card = self._details.card
        return card.to_hold() if card is not None and self.status == "succeeded" else None

    @property
    def _details(self) -> MethodDetailsObject:
        return self.payment_method_details or MethodDetailsObject()

    def to_charge(self) -> Charge:
        """Converts it to our model."""
        card, money = self._details.card, self.balance_transaction
        settled = money if isinstance(money, SettledAmount) else None
        return Charge(
            id=self.id,
            amount_captured=self.amount_captured,
            amount_refunded=self.amount_refunded,
            payment_method_type=self._details.type,
            card=None if card is None else card.to_charged_card(),
            receipt_url=self.receipt_url,
            capture_before=None if card is None else card.capture_before,
            fee=None if settled is None else settled.fee,
            net=None if settled is None else settled.net,
            settlement_currency=None if settled is None else settled.currency,
            available_on=None if settled is None else settled.available_on,
            disputed=self.disputed,
            failure_code=self.failure_code,
        )
