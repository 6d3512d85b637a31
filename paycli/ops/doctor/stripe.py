"""Checks the connection to Stripe, the clock, and the webhook endpoint."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from paycli.errors import StripeCredentialsRefused, StripeFailure
from paycli.models import Endpoint
from paycli.ops.doctor.check import CheckState, DoctorCheck, InstallationPart
from paycli.routes import WEBHOOK_PATH

MAX_SKEW_SECONDS = 60
"""Well below PAYCLI_WEBHOOK_TOLERANCE_SECONDS, to leave room for slow deliveries."""


class EventsProbe(Protocol):
    """Stripe's events."""

    def server_time(self) -> float | None:
        """Returns Stripe's clock in Unix seconds, None if its response has no date."""


class EndpointsProbe(Protocol):
    """Stripe's webhook endpoints."""

    def list(self) -> tuple[Endpoint, ...]:
        """Returns the endpoints of the account."""


class StripeProbe(Protocol):
    """The part of Stripe's API that the doctor uses. Each call may raise StripeFailure."""

    @property
    def events(self) -> EventsProbe:
        """Stripe's events."""

    @property
    def endpoints(self) -> EndpointsProbe:
        """Stripe's webhook endpoints."""


def examine_stripe(
    probe: StripeProbe, event_types: Collection[str], now: float
) -> Iterator[DoctorCheck]:
    """Checks the connection, the clock at `now` (Unix seconds), and the endpoint.

    `event_types` are the Stripe event types that the endpoint must send.
    """
    try:
        stripe_time = probe.events.server_time()
    except StripeCredentialsRefused as error:
        repair = "use a key that is not revoked and has permission to read events"
        yield _check("stripe.key", CheckState.FAILED, error.detail, repair)
        return
    except StripeFailure as error:
        repair = "check PAYCLI_STRIPE_API_BASE, the network, and https://status.stripe.com"
        yield _check("stripe.reach", CheckState.FAILED, error.detail, repair)
        return
    yield _check("stripe.reach", CheckState.OK, "Stripe is reachable and accepts the key")
    yield _examine_clock(stripe_time, now)
    try:
        endpoints = probe.endpoints.list()
    except StripeFailure as error:
        repair = "give the key permission to read webhook endpoints, or look in the Dashboard"
        yield _check("stripe.endpoint", CheckState.SKIPPED, error.detail, repair)
        return
    yield from _examine_endpoints(endpoints, event_types)


def _check(check_id: str, state: CheckState, detail: str, repair: str | None = None) -> DoctorCheck:
    return DoctorCheck(check_id, InstallationPart.STRIPE, state, detail, repair)


def _examine_clock(stripe_time: float | None, now: float) -> DoctorCheck:
    if stripe_time is None:
        detail = "Stripe's response has no date"
        return _check("stripe.clock", CheckState.SKIPPED, detail)
    skew = now - stripe_time
    detail = f"this machine's clock differs from Stripe's by {skew:+.0f} s"
    if abs(skew) <= MAX_SKEW_SECONDS:
        return _check("stripe.clock", CheckState.OK, detail)
    repair = "set the clock (NTP): signature timestamps are compared with it"
    return _check("stripe.clock", CheckState.FAILED, detail, repair)


def _examine_endpoints(
    endpoints: Sequence[Endpoint], event_types: Collection[str]
) -> Iterator[DoctorCheck]:
    ours = [each for each in endpoints if urlsplit(each.url).path.rstrip("/") == WEBHOOK_PATH]
    if not ours:
        yield _check(
            "stripe.endpoint",
            CheckState.WARNING,
            f"no endpoint at Stripe points to {WEBHOOK_PATH}",
            f"add one in the Dashboard: https://YOUR_HOST{WEBHOOK_PATH}",
        )
        return
    for endpoint in ours:
        if not endpoint.enabled:
            detail = f"{endpoint.url} is disabled"
            repair = "enable it in the Dashboard"
            yield _check("stripe.endpoint", CheckState.FAILED, detail, repair)
            continue
        version = endpoint.api_version or "the account's default"
        detail = f"{endpoint.url} is enabled, API version: {version}"
        yield _check("stripe.endpoint", CheckState.OK, detail)
        yield _examine_types(endpoint, event_types)


def _examine_types(endpoint: Endpoint, event_types: Collection[str]) -> DoctorCheck:
    missing = sorted(set(event_types) - set(endpoint.enabled_events))
    if missing and "*" not in endpoint.enabled_events:
        return _check(
            "stripe.enabled_events",
            CheckState.FAILED,
            f"{endpoint.url} does not send {', '.join(missing)}",
            "add these event types to the endpoint in the Dashboard",
        )
    detail = f"the endpoint sends all {len(event_types)} mapped event types"
    return _check("stripe.enabled_events", CheckState.OK, detail)
