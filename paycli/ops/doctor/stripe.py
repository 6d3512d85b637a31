"""Checks the connection to Stripe, the clock, and the webhook endpoint."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from paycli.errors import StripeCredentialsRefused, StripeFailure
from paycli.models import Endpoint
from paycli.ops.doctor.check import CheckState, DoctorCheck, InstallationPart
from paycli.ops.endpoint_address import has_query, is_exact_path
from paycli.ops.endpoint_retirement import (
    is_replaced,
    lost_types,
    others_at_address,
    repair_of_loss,
)
from paycli.ops.endpoints import apply_command, missing_types, serves_webhooks
from paycli.routes import WEBHOOK_PATH

MAX_SKEW_SECONDS = 60
"""Well below PAYCLI_WEBHOOK_TOLERANCE_SECONDS, to leave room for slow deliveries."""
FIRST_API_VERSION = "2024-10-28"
"""The first API version in which every refund has refund events.

Older ones have charge.refunded alone for refunds of a charge:
https://docs.stripe.com/changelog/acacia/2024-10-28/refund-webhook-update"""


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
    def api_version(self) -> str:
        """The API version of our own requests."""

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
        if error.missing_permission is None:
            repair = "use a key that is not revoked"
            yield _check("stripe.key", CheckState.FAILED, error.detail_for_operators, repair)
            return
        # The daemon's key needs no such permission.
        repair = "give the key permission to read events, or run this with another key"
        yield _check("stripe.clock", CheckState.SKIPPED, error.detail_for_operators, repair)
    except StripeFailure as error:
        repair = "check PAYCLI_STRIPE_API_BASE, the network, and https://status.stripe.com"
        yield _check("stripe.reach", CheckState.FAILED, error.detail_for_operators, repair)
        return
    else:
        yield _check("stripe.reach", CheckState.OK, "Stripe is reachable and accepts the key")
        yield _examine_clock(stripe_time, now)
    try:
        endpoints = probe.endpoints.list()
    except StripeFailure as error:
        repair = "give the key permission to read webhook endpoints, or look in the Dashboard"
        yield _check("stripe.endpoint", CheckState.SKIPPED, error.detail_for_operators, repair)
        return
    yield from _examine_endpoints(endpoints, event_types, probe.api_version)


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
    endpoints: Sequence[Endpoint], event_types: Collection[str], api_version: str
) -> Iterator[DoctorCheck]:
    ours = [each for each in endpoints if serves_webhooks(each)]
    if not ours:
        yield _check(
            "stripe.endpoint",
            CheckState.WARNING,
            f"no endpoint at Stripe points to {WEBHOOK_PATH}",
            f"create one: paycli endpoint apply --url https://YOUR_HOST{WEBHOOK_PATH} "
            "--secret-file FILE",
        )
        return
    for endpoint in ours:
        if not endpoint.enabled:
            if not is_replaced(endpoint, ours, event_types):
                yield _disabled(endpoint, ours, event_types, api_version)
            continue
        address = _examine_address(endpoint)
        yield address
        if address.state is CheckState.FAILED:
            continue
        yield _examine_version(endpoint, api_version)
        yield _examine_types(endpoint, event_types, api_version)


def _disabled(
    endpoint: Endpoint, ours: Sequence[Endpoint], event_types: Collection[str], api_version: str
) -> DoctorCheck:
    """An address that is no longer in use may stay disabled, if another one is served."""
    moved = any(
        each.enabled and each.connect == endpoint.connect and is_exact_path(each.url)
        for each in ours
    )
    state = CheckState.WARNING if moved else CheckState.FAILED
    detail = f"{endpoint.shown_url} is disabled"
    if others := others_at_address(endpoint, ours):
        lost = ", ".join(lost_types(endpoint, others, event_types))
        detail += f", and the other endpoints there do not send {lost}"
        return _check(
            "stripe.endpoint", state, detail, repair_of_loss(endpoint, others, api_version)
        )
    repair = f"enable {endpoint.id} in the Dashboard, or create another one: " + apply_command(
        endpoint, "--secret-file FILE"
    )
    if moved:
        repair += f"; delete {endpoint.id} in the Dashboard if its address is not used any more"
    return _check("stripe.endpoint", state, detail, repair)


def _examine_address(endpoint: Endpoint) -> DoctorCheck:
    if not is_exact_path(endpoint.url):
        detail = f"{endpoint.shown_url} is not served: every delivery gets 404 or 401"
        repair = f"let its URL end with exactly {WEBHOOK_PATH}: {apply_command(endpoint)}"
        return _check("stripe.endpoint", CheckState.FAILED, detail, repair)
    if has_query(endpoint.url):
        detail = f"{endpoint.shown_url} has a query: each of its webhooks gets 422"
        repair = f"let its URL end with exactly {WEBHOOK_PATH}: {apply_command(endpoint)}"
        return _check("stripe.endpoint", CheckState.FAILED, detail, repair)
    return _check("stripe.endpoint", CheckState.OK, f"{endpoint.shown_url} is enabled")


def _examine_version(endpoint: Endpoint, api_version: str) -> DoctorCheck:
    """Versions start with a date; the account's own one is not in the endpoint, and can be old."""
    version = endpoint.api_version
    if version is not None and version >= FIRST_API_VERSION:
        detail = f"the API version of {endpoint.shown_url} is {version}"
        return _check("stripe.api_version", CheckState.OK, detail)
    detail = f"the API version of {endpoint.shown_url} is " + (
        f"{version}: before {FIRST_API_VERSION} refunds of a charge have no refund events"
        if version
        else f"the account's own, which may be older than {FIRST_API_VERSION}; in such a version "
        "refunds of a charge have no refund events"
    )
    repair = (
        f"a version cannot be changed: create another one with {api_version}, "
        f"{apply_command(endpoint, '--new', '--secret-file FILE')}; add its secret to "
        "PAYCLI_STRIPE_WEBHOOK_SECRETS, restart, then "
        f"paycli endpoint retire {endpoint.id}"
    )
    return _check("stripe.api_version", CheckState.WARNING, detail, repair)


def _examine_types(
    endpoint: Endpoint, event_types: Collection[str], api_version: str
) -> DoctorCheck:
    if missing := missing_types(endpoint, event_types):
        new = [] if endpoint.api_version == api_version else ["--new", "--secret-file FILE"]
        return _check(
            "stripe.enabled_events",
            CheckState.FAILED,
            f"{endpoint.shown_url} does not send {', '.join(missing)}",
            apply_command(endpoint, *new),
        )
    detail = f"the endpoint sends all {len(event_types)} mapped event types"
    return _check("stripe.enabled_events", CheckState.OK, detail)
