"""Stripe's reach, our clock against its own, and the endpoint that it sends webhooks to."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from paycli.errors import StripeCredentialsRefused, StripeFailure
from paycli.models import Endpoint
from paycli.ops.doctor.check import Check, Part, State
from paycli.routes import WEBHOOK_PATH

MAX_SKEW_SECONDS = 60
"""A signature's time may be PAYCLI_WEBHOOK_TOLERANCE_SECONDS off; this leaves room for delays."""


class EventsProbe(Protocol):
    """Stripe's events."""

    def server_time(self) -> float | None:
        """Stripe's clock in Unix seconds, None where its response has none."""


class EndpointsProbe(Protocol):
    """Stripe's webhook endpoints."""

    def list(self) -> tuple[Endpoint, ...]:
        """The endpoints of the account."""


class StripeProbe(Protocol):
    """Stripe, as far as the doctor asks it. Each call may raise StripeFailure."""

    @property
    def events(self) -> EventsProbe:
        """Stripe's events."""

    @property
    def endpoints(self) -> EndpointsProbe:
        """Stripe's webhook endpoints."""


def examine_stripe(probe: StripeProbe, wanted: Collection[str], now: float) -> Iterator[Check]:
    """Judges Stripe's reach, our clock against its own, and the endpoint.

    `wanted` are the event types that the endpoint has to send.
    """
    try:
        clock = probe.events.server_time()
    except StripeCredentialsRefused as error:
        repair = "use a key that is not revoked and may read events"
        yield Check("stripe.key", Part.STRIPE, State.FAILED, error.detail, repair)
        return
    except StripeFailure as error:
        repair = "check PAYCLI_STRIPE_API_BASE, the network, and https://status.stripe.com"
        yield Check("stripe.reach", Part.STRIPE, State.FAILED, error.detail, repair)
        return
    yield Check("stripe.reach", Part.STRIPE, State.OK, "Stripe answers, and takes the key")
    yield _clock(clock, now)
    try:
        endpoints = probe.endpoints.list()
    except StripeFailure as error:
        repair = "let the key read webhook endpoints, or look in the Dashboard"
        yield Check("stripe.endpoint", Part.STRIPE, State.SKIPPED, error.detail, repair)
        return
    yield from _endpoint(endpoints, wanted)


def _clock(clock: float | None, now: float) -> Check:
    if clock is None:
        return Check("stripe.clock", Part.STRIPE, State.SKIPPED, "Stripe did not tell the time")
    skew = now - clock
    said = f"this machine's clock is {skew:+.0f} s from Stripe's"
    if abs(skew) <= MAX_SKEW_SECONDS:
        return Check("stripe.clock", Part.STRIPE, State.OK, said)
    repair = "set the clock (NTP): signatures are judged by it"
    return Check("stripe.clock", Part.STRIPE, State.FAILED, said, repair)


def _endpoint(endpoints: Sequence[Endpoint], wanted: Collection[str]) -> Iterator[Check]:
    ours = [it for it in endpoints if urlsplit(it.url).path.rstrip("/") == WEBHOOK_PATH]
    if not ours:
        yield Check(
            "stripe.endpoint",
            Part.STRIPE,
            State.WARNING,
            f"no endpoint at Stripe leads to {WEBHOOK_PATH}",
            f"add one in the Dashboard: https://YOUR_HOST{WEBHOOK_PATH}",
        )
        return
    for it in ours:
        if not it.enabled:
            repair = "enable it in the Dashboard"
            said = f"{it.url} is disabled"
            yield Check("stripe.endpoint", Part.STRIPE, State.FAILED, said, repair)
            continue
        version = it.api_version or "the account's own version"
        said = f"{it.url} is enabled, in {version}"
        yield Check("stripe.endpoint", Part.STRIPE, State.OK, said)
        lacking = sorted(set(wanted) - set(it.enabled_events))
        if lacking and "*" not in it.enabled_events:
            yield Check(
                "stripe.enabled_events",
                Part.STRIPE,
                State.FAILED,
                f"{it.url} does not send {', '.join(lacking)}",
                "add these event types to the endpoint in the Dashboard",
            )
        else:
            said = f"it sends all {len(wanted)} types that are told"
            yield Check("stripe.enabled_events", Part.STRIPE, State.OK, said)
