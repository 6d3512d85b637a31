"""Secrets that anybody could guess, or has read in a document, are refused at the start."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.settings_sources import REQUIRED, IsolatedSources
from paycli.settings import SettingsGroup, StripeSettings, TokenSettings, WebhookSettings
from paycli.settings.placeholders import is_placeholder

ROOT = Path(__file__).parents[3]

SECRETS, TOKENS = "PAYCLI_STRIPE_WEBHOOK_SECRETS", "PAYCLI_API_TOKENS"
REAL_SECRET = "whsec_5f7Qq2TnbX0cVr9sLkYw3hZ8"
REAL_TOKEN = "kX2-vQ9_wLr0TzB7"


@pytest.mark.parametrize(
    ("group", "name", "value", "words"),
    [
        (WebhookSettings, SECRETS, "whsec_", "at least 24 characters"),
        (WebhookSettings, SECRETS, "whsec_...", "at least 24 characters"),
        (WebhookSettings, SECRETS, f"{REAL_SECRET},whsec_a", "at least 24 characters"),
        (WebhookSettings, SECRETS, "whsec_" + "a" * 17, "at least 24 characters"),
        (WebhookSettings, SECRETS, "whsec_" + "x" * 32, "placeholder"),
        (WebhookSettings, SECRETS, "whsec_" + "." * 32, "placeholder"),
        (WebhookSettings, SECRETS, "whsec_your_signing_secret_here", "placeholder"),
        (WebhookSettings, SECRETS, "whsec_<signing secret of the endpoint>", "placeholder"),
        (WebhookSettings, SECRETS, "whsec_${STRIPE_WEBHOOK_SECRET}", "placeholder"),
        (WebhookSettings, SECRETS, "whsec_REPLACE_ME_REPLACE_ME", "placeholder"),
        (TokenSettings, TOKENS, "a", "at least 16 characters"),
        (TokenSettings, TOKENS, "booking=a", "at least 16 characters"),
        (TokenSettings, TOKENS, "booking=...", "at least 16 characters"),
        (TokenSettings, TOKENS, f"booking={REAL_TOKEN},pos={REAL_TOKEN[:15]}", "at least 16"),
        (TokenSettings, TOKENS, "booking=" + "x" * 32, "placeholder"),
        (TokenSettings, TOKENS, "booking=token-goes-here-...", "placeholder"),
        (TokenSettings, TOKENS, "booking=changeme-changeme", "placeholder"),
        (TokenSettings, TOKENS, "booking=change-me-change-me", "placeholder"),
        (StripeSettings, "PAYCLI_STRIPE_API_KEY", "sk_test_...", "placeholder"),
        (StripeSettings, "PAYCLI_STRIPE_API_KEY", "sk_test_", "placeholder"),
        (StripeSettings, "PAYCLI_STRIPE_API_KEY", "rk_live_your_key", "placeholder"),
        (StripeSettings, "PAYCLI_STRIPE_API_KEY", "sk_live_xxxxxxxxxxxxxxxx", "placeholder"),
    ],
)
def test_a_short_secret_or_a_placeholder_is_refused(
    sources: IsolatedSources, group: type[SettingsGroup], name: str, value: str, words: str
) -> None:
    """The setting is named with what is wrong, and the value is not shown."""
    sources.environ |= {**REQUIRED, name: value}
    problems = sources.problems(group)
    assert problems.keys() == {name}
    assert words in problems[name]
    # The control: a real one instead is accepted.
    sources.environ |= {SECRETS: REAL_SECRET, TOKENS: REAL_TOKEN, name: REQUIRED[name]}
    sources.read(group)


@pytest.mark.parametrize("token", [REAL_TOKEN, f"booking={REAL_TOKEN}"])
def test_the_shortest_accepted_secrets(sources: IsolatedSources, token: str) -> None:
    """A token of 16 characters and a signing secret of 24 are accepted."""
    sources.environ |= {TOKENS: token, SECRETS: REAL_SECRET[:24]}
    assert list(sources.read(TokenSettings).callers()) == [REAL_TOKEN]
    assert sources.read(WebhookSettings).secret_values() == (REAL_SECRET[:24],)


@given(st.from_regex(r"[0-9A-Za-z]{18,64}", fullmatch=True))
def test_no_real_secret_is_taken_for_a_placeholder(random_part: str) -> None:
    """Stripe's secrets are whsec_ with letters and digits; only x throughout is a placeholder."""
    expected = set(random_part) <= set("xX")
    assert is_placeholder(f"whsec_{random_part}", "whsec_") is expected


def test_every_secret_in_the_documents_is_refused(sources: IsolatedSources) -> None:
    """Whoever starts the daemon with the text of a document gets an error."""
    documents = [ROOT / "README.md", *sorted((ROOT / "scripts" / "deploy").rglob("*.*"))]
    texts = [each.read_text() for each in documents if each.suffix in (".md", ".yaml", ".env")]
    found = {match for text in texts for match in re.findall(r"=(whsec_\S*|booking=\S*)", text)}
    assert found
    for value in found:
        name, group = (SECRETS, WebhookSettings) if "whsec" in value else (TOKENS, TokenSettings)
        sources.environ[name] = value.rstrip("`,")
        assert sources.problems(group).keys() == {name}, value
