"""Stripe's key, address and webhook secrets."""

import pytest

from harness.settings_sources import CANARY, REQUIRED, IsolatedSources
from paycli.settings import StripeSettings, WebhookSettings


@pytest.mark.parametrize("value", ["0", "-300", "nan", "5 minutes"])
def test_the_tolerance_cannot_be_disabled(sources: IsolatedSources, value: str) -> None:
    """A tolerance of 0, with which Stripe's own library skips the check, is refused."""
    sources.environ |= {**REQUIRED, "PAYCLI_WEBHOOK_TOLERANCE_SECONDS": value}
    assert sources.problems(WebhookSettings).keys() == {"PAYCLI_WEBHOOK_TOLERANCE_SECONDS"}


@pytest.mark.parametrize(
    ("key", "live"),
    [("sk_test_1", False), ("rk_test_1", False), ("sk_live_1", True), ("rk_live_1", True)],
)
def test_the_prefix_of_the_key_determines_live_or_test_mode(
    sources: IsolatedSources, key: str, *, live: bool
) -> None:
    """Secret and restricted keys of both modes are recognized."""
    sources.environ["STRIPE_API_KEY"] = key
    assert sources.read(StripeSettings).livemode is live


@pytest.mark.parametrize(
    "key",
    [
        "pk_test_1",
        "pk_live_1",
        "whsec_1",
        "sk_1",
        "SK_TEST_1",
        " sk_test_1",
        "Bearer sk_test_1",
        "sk_test_1 ",
        "sk_test_1\n2",
        "sk_test_ü",
        "sk_test_1\x00",
    ],
)
def test_other_keys_are_refused(sources: IsolatedSources, key: str) -> None:
    """Anything but a secret key, or a key that can't be sent in a header, is refused at start."""
    sources.environ["STRIPE_API_KEY"] = key
    assert sources.problems(StripeSettings).keys() == {"PAYCLI_STRIPE_API_KEY"}


OTHER_ADDRESSES = [
    "http://127.0.0.1:12111",
    "http://api.stripe.com",
    "https://api.stripe.com.example.org",
    "https://api.stripe.com:444",
    "https://API.stripe.com.",
]


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
@pytest.mark.parametrize("address", OTHER_ADDRESSES)
def test_a_live_key_is_only_sent_to_stripe(
    sources: IsolatedSources, key: str, address: str
) -> None:
    """With any other address a live key is refused; a test key is accepted."""
    sources.environ |= {"STRIPE_API_KEY": key, "PAYCLI_STRIPE_API_BASE": address}
    error = sources.refusal(StripeSettings)
    assert "live key" in error.detail
    assert "PAYCLI_STRIPE_API_BASE" in error.detail
    assert "test key" in error.detail
    sources.environ["STRIPE_API_KEY"] = key.replace("live", "test")
    assert sources.read(StripeSettings).api_base == address


@pytest.mark.parametrize("address", ["https://api.stripe.com", "https://api.stripe.com/"])
def test_a_live_key_is_accepted_with_stripes_address(
    sources: IsolatedSources, address: str
) -> None:
    """Stripe's own address may be set explicitly."""
    sources.environ |= {"STRIPE_API_KEY": "sk_live_1", "PAYCLI_STRIPE_API_BASE": address}
    assert sources.read(StripeSettings).livemode


@pytest.mark.parametrize(
    "address",
    [
        "ftp://127.0.0.1",
        "https://",
        f"https://user:{CANARY}@127.0.0.1",
        "https://127.0.0.1/v1",
        "https://127.0.0.1?x=1",
        "https://a b",
        "https://127.0.0.1\n",
    ],
)
def test_the_api_base_is_only_scheme_and_host(sources: IsolatedSources, address: str) -> None:
    """Paths, queries and credentials in the address are refused, and not repeated."""
    sources.environ |= {**REQUIRED, "PAYCLI_STRIPE_API_BASE": address}
    error = sources.refusal(StripeSettings)
    assert [problem.where for problem in error.problems] == ["PAYCLI_STRIPE_API_BASE"]
    assert CANARY not in error.detail


def test_webhook_secrets_are_comma_separated(sources: IsolatedSources) -> None:
    """Several secrets are accepted while one is rolled; spaces and empty items are ignored."""
    first, second = "whsec_of_the_first_secret", "whsec_of_the_second_one_0"
    sources.environ["PAYCLI_STRIPE_WEBHOOK_SECRETS"] = f" {first} ,{second},, "
    assert sources.read(WebhookSettings).secret_values() == (first, second)
    sources.environ["PAYCLI_STRIPE_WEBHOOK_SECRETS"] = " , "
    assert sources.problems(WebhookSettings).keys() == {"PAYCLI_STRIPE_WEBHOOK_SECRETS"}
