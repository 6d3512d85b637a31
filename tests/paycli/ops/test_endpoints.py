"""Requests about webhook endpoints, judged by stripe-mock."""

import pytest

from harness.stripe_mock import StripeMock
from paycli import bootstrap
from paycli.errors import RequestRefused, StripeOutcomeUnknown
from paycli.events.catalogue import CATALOGUE
from paycli.models import CreateEndpoint
from paycli.ops.endpoints import EndpointsApi
from paycli.settings import StripeSettings

URL = "https://pay.example.test/api/v1/stripe/events"
KNOWN_VERSION = "2026-08-26.dahlia"
"""The newest one that this stripe-mock knows. It refuses newer ones, as the pinned one."""


@pytest.fixture
def api(stripe_mock: StripeMock) -> EndpointsApi:
    """Give the endpoints of stripe-mock, which validates parameters and keeps no state."""
    settings = {"PAYCLI_STRIPE_API_KEY": "sk_test_123", "PAYCLI_STRIPE_API_BASE": stripe_mock.url}
    return bootstrap.stripe_account(StripeSettings.model_validate(settings)).endpoints


def wanted(version: str) -> CreateEndpoint:
    """Return an endpoint with all mapped types."""
    return CreateEndpoint(URL, version, tuple(CATALOGUE), connect=True)


def test_stripe_accepts_the_requests(api: EndpointsApi) -> None:
    """All are accepted; the response to the creation is that of its example, without a secret."""
    assert [each.id[:3] for each in api.list()] == ["we_"]
    assert api.update("we_1", URL, CATALOGUE).id
    assert api.disable("we_1").id
    with pytest.raises(StripeOutcomeUnknown):
        api.create(wanted(KNOWN_VERSION), "key-1")


def test_stripe_refuses_what_it_does_not_know(api: EndpointsApi) -> None:
    """The control: an unknown version and an unknown event type are refused."""
    with pytest.raises(RequestRefused):
        api.create(wanted("2099-01-01.never"), "key-2")
    with pytest.raises(RequestRefused):
        api.update("we_1", URL, ["payment_intent.pondering"])
