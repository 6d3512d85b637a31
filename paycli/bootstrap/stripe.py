"""Creates what calls Stripe."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from paycli.ops.stripe_events_api import StripeEventsReader
from paycli.payments.access import Access
from paycli.payments.use_cases import UseCases
from paycli.settings import StripeSettings
from paycli.tracing import NO_TRACER, Tracer

if TYPE_CHECKING:
    from paycli.adapters.stripe.gateway import StripeAccount

OnStripeCall = Callable[[str, float], None]
"""Called after each attempt with its outcome (`ok` or an error code) and its seconds."""


def ignore_stripe_call(outcome: str, seconds: float) -> None:
    """An `OnStripeCall` that does nothing."""


def access(
    settings: StripeSettings,
    caller_names: Collection[str] = (),
    on_stripe_call: OnStripeCall = ignore_stripe_call,
    traces: Tracer = NO_TRACER,
) -> Access:
    """Returns the access to Stripe that all use cases share.

    `caller_names` are the names of the callers that have one.
    """
    from paycli.adapters.stripe.gateway import StripeGateway

    gateway = StripeGateway(settings, on_stripe_call, traces)
    return Access(gateway, settings.max_in_flight, caller_names)


def use_cases(settings: StripeSettings) -> UseCases:
    """Returns the use cases of all resources for a command."""
    return UseCases(access(settings))


def stripe_events_reader(settings: StripeSettings, account: str | None) -> StripeEventsReader:
    """Returns a reader of Stripe's events of a connected account, or of our own if it is None."""
    from paycli.adapters.stripe.gateway import StripeGateway

    return StripeEventsReader(StripeGateway(settings), account)


def stripe_account(settings: StripeSettings) -> "StripeAccount":
    """Returns our own account for operators' commands; the deadline of all its calls starts now."""
    from paycli.adapters.stripe.gateway import StripeGateway

    return StripeGateway(settings).open(None)
