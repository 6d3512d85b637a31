"""Setups at Stripe: SetupIntents `seti_…`, and Checkout Sessions `cs_…` in mode `setup`."""

from pydantic import Field

from paycli import errors
from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.objects import ApiObject, ObjectList, StripeModel
from paycli.adapters.stripe.params import Params, reference_metadata, without_none
from paycli.models import CreateSetup, ListSetups, ResultPage, Setup, WriteResult

_INTENTS = "/v1/setup_intents"
_SESSIONS = "/v1/checkout/sessions"
# A Session has its payment method only in its SetupIntent.
_EXPANDED: Params = {"expand": ["setup_intent"]}


class SetupIntentObject(ApiObject):
    """https://docs.stripe.com/api/setup_intents/object."""

    status: str
    client_secret: str | None = Field(default=None, repr=False)
    livemode: bool
    customer: str | None = None
    payment_method: str | None = None

    def to_setup(self, *, with_secret: bool = True) -> Setup:
        """Converts it to our model; lists omit the secret, which only a browser needs."""
        return Setup(
            id=self.id,
            status=self.status,
            client_secret=self.client_secret if with_secret else None,
            setup_url=None,
            customer=self.customer,
            payment_method=self.payment_method,
            reference=self.reference,
            metadata=self.caller_metadata,
            livemode=self.livemode,
            created_at=self.created,
        )


class SessionIntentObject(StripeModel):
    """The SetupIntent of a Checkout Session, as far as it is used."""

    payment_method: str | None = None


class SetupSessionObject(ApiObject):
    """https://docs.stripe.com/api/checkout/sessions/object, with its SetupIntent expanded."""

    mode: str
    status: str
    livemode: bool
    customer: str | None = None
    url: str | None = Field(default=None, repr=False)
    setup_intent: SessionIntentObject | None = None

    def to_setup(self) -> Setup:
        """Converts it to our model."""
        intent = self.setup_intent
        return Setup(
            id=self.id,
            status=self.status,
            client_secret=None,
            setup_url=self.url,
            customer=self.customer,
            payment_method=None if intent is None else intent.payment_method,
            reference=self.reference,
            metadata=self.caller_metadata,
            livemode=self.livemode,
            created_at=self.created,
        )


class StripeSetups:
    """Implements `paycli.payments.gateway.setups.SetupsApi`; callers validate ids."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def create(self, request: CreateSetup, key: str) -> WriteResult[Setup]:
        """Creates a SetupIntent or a Checkout Session, once per key in the account."""
        if request.flow == "checkout":
            return self._write(SetupSessionObject, _SESSIONS, _session_params(request), key)
        return self._write(SetupIntentObject, _INTENTS, _intent_params(request), key)

    def get(self, setup_id: str) -> Setup:
        """Returns the current setup. Raises SetupNotFound, also for a Session of a payment."""
        missing = errors.SetupNotFound
        if _is_session(setup_id):
            path = f"{_SESSIONS}/{setup_id}"
            session = self._calls.get(SetupSessionObject, path, _EXPANDED, missing=missing)
            if session.mode != "setup":
                raise errors.SetupNotFound("this Checkout Session takes a payment: it is no setup")
            return session.to_setup()
        path = f"{_INTENTS}/{setup_id}"
        return self._calls.get(SetupIntentObject, path, missing=missing).to_setup()

    def list(self, request: ListSetups, position: str | None) -> ResultPage[Setup]:
        """https://docs.stripe.com/api/setup_intents/list."""
        params = without_none(
            customer=request.customer, limit=request.limit, starting_after=position
        )
        found = self._calls.get(ObjectList[SetupIntentObject], _INTENTS, params)
        setups = tuple(each.to_setup(with_secret=False) for each in found.data)
        return ResultPage(setups, found.position)

    def cancel(self, setup_id: str, reason: str | None, key: str) -> WriteResult[Setup]:
        """https://docs.stripe.com/api/setup_intents/cancel, ../checkout/sessions/expire."""
        if _is_session(setup_id):
            self.get(setup_id)  # Raises SetupNotFound: the page of a payment must not expire.
            path = f"{_SESSIONS}/{setup_id}/expire"
            return self._write(SetupSessionObject, path, _EXPANDED, key, errors.SetupNotFound)
        path, params = f"{_INTENTS}/{setup_id}/cancel", without_none(cancellation_reason=reason)
        return self._write(SetupIntentObject, path, params, key, errors.SetupNotFound)

    def _write(
        self,
        kind: type[SetupIntentObject] | type[SetupSessionObject],
        path: str,
        params: Params,
        key: str,
        # By default an object that the request refers to, such as a customer.
        missing: type[errors.StripeFailure] = errors.RequestRefused,
    ) -> WriteResult[Setup]:
        response = self._calls.post(kind, path, params, key, missing=missing)
        return WriteResult(response.data.to_setup(), response.replayed)


def _is_session(setup_id: str) -> bool:
    return setup_id.startswith("cs_")


def _intent_params(request: CreateSetup) -> Params:
    """https://docs.stripe.com/api/setup_intents/create."""
    return without_none(
        customer=request.customer,
        usage=request.usage,
        automatic_payment_methods={"enabled": True},
        metadata={**request.metadata, **reference_metadata(request.reference)},
    )


def _session_params(request: CreateSetup) -> Params:
    """https://docs.stripe.com/api/checkout/sessions/create.

    Stripe copies no metadata from a Session to its SetupIntent, so both are given it.
    """
    metadata = {**request.metadata, **reference_metadata(request.reference)}
    return without_none(
        mode="setup",
        customer=request.customer,
        currency=request.currency,
        success_url=request.success_url,
        cancel_url=request.cancel_url,
        client_reference_id=request.reference,
        metadata=metadata,
        setup_intent_data={"metadata": metadata},
        **_EXPANDED,
    )
