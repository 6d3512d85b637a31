"""The properties of Stripe's SDK that we depend on."""

import subprocess
import sys
import time
from urllib.parse import parse_qs

import pytest

from harness.stripe import SECRET_KEY, Stripe
from paycli.adapters.stripe.curl_client import CurlClient
from paycli.adapters.stripe.gateway import API_VERSION
from paycli.adapters.stripe.sdk import raw_request, stripe

# Names of the SDK's options, and those that its `raw_request` has for itself.
PARAMS = dict.fromkeys(("usage", "base", "headers", "api_key", "content_type", "customer"), "x")
PATH = "/v1/setup_intents"


def test_the_pinned_api_version_is_the_sdks() -> None:
    """The API version that we pin is the one of the locked SDK."""
    assert stripe.api_version == API_VERSION


def test_the_sdk_is_imported_without_its_http_library() -> None:
    """Importing the gateway does not import `requests`, which others can still import."""
    code = (
        "import sys; import paycli.adapters.stripe.gateway; "
        "assert 'requests' not in sys.modules; import requests; print(requests.__name__)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (result.stdout.strip(), result.stderr) == ("requests", "")


def test_the_sdks_debug_output_stays_off() -> None:
    """STRIPE_LOG=debug, which would print client secrets, has no effect."""
    code = (
        "import logging; logging.basicConfig(level=logging.DEBUG)\n"
        "from paycli.adapters.stripe.gateway import StripeGateway\n"
        "from paycli.settings import StripeSettings\n"
        "s = StripeSettings.model_validate({'PAYCLI_STRIPE_API_KEY': 'sk_test_1',"
        " 'PAYCLI_STRIPE_API_BASE': 'http://127.0.0.1:1'})\n"
        "try:\n    StripeGateway(s).open(None).payments.get('pi_1')\n"
        "except Exception as e:\n    print(type(e).__name__)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"STRIPE_LOG": "debug"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout.strip(), result.stderr) == ("StripeUnavailable", "")


def test_parameters_with_names_of_the_sdk_reach_stripe() -> None:
    """All are in the request's body; the control: the SDK's own function loses some of them."""
    with Stripe() as server:
        http = CurlClient()
        http.set_deadline(time.monotonic() + 10)
        client = stripe.StripeClient(
            SECRET_KEY, base_addresses={"api": server.url}, http_client=http, max_network_retries=0
        )
        with pytest.raises(stripe.StripeError):  # The stand-in refuses unknown parameters.
            raw_request(client, "post", PATH, PARAMS, {})
        assert parse_qs(server.requests[-1].body.decode()).keys() == PARAMS.keys()
        client.raw_request("post", PATH, usage="on_session")
        assert b"usage" not in server.requests[-1].body
