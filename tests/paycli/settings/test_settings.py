"""Names and defaults of all settings, as they are documented."""

import pytest

from harness.ports import WILDCARD_ADDRESS
from harness.settings_sources import REQUIRED, IsolatedSources
from paycli.settings import (
    KafkaSettings,
    ServerSettings,
    SettingsGroup,
    StripeSettings,
    WebhookSettings,
)


def test_defaults_are_as_documented(sources: IsolatedSources) -> None:
    """With only the required settings, all others have the documented defaults."""
    sources.environ |= REQUIRED
    stripe, kafka = sources.read(StripeSettings), sources.read(KafkaSettings)
    server, webhook = sources.read(ServerSettings), sources.read(WebhookSettings)
    assert stripe.api_base == "https://api.stripe.com"
    assert (stripe.timeout_seconds, stripe.max_in_flight) == (10, 48)
    assert (kafka.topic, kafka.ack_timeout_seconds) == ("payments.events", 5)
    assert kafka.config.get_secret_value() == "{}"
    assert (str(server.listen), server.max_body_bytes) == ("127.0.0.1:8080", 1_048_576)
    assert webhook.tolerance_seconds == 300


def test_every_documented_variable_sets_its_setting(sources: IsolatedSources) -> None:
    """Each documented environment variable sets the documented setting."""
    sources.environ |= {
        **REQUIRED,
        "PAYCLI_STRIPE_API_BASE": "http://127.0.0.1:12111",
        "PAYCLI_STRIPE_TIMEOUT_SECONDS": "2.5",
        "PAYCLI_STRIPE_MAX_IN_FLIGHT": "7",
        "PAYCLI_KAFKA_TOPIC": "other.topic",
        "PAYCLI_KAFKA_CONFIG": '{"security.protocol": "SSL"}',
        "PAYCLI_ACK_TIMEOUT_SECONDS": "3.5",
        "PAYCLI_LISTEN": f"{WILDCARD_ADDRESS}:9000",
        "PAYCLI_WEBHOOK_MAX_IN_FLIGHT": "9",
        "PAYCLI_MAX_BODY_BYTES": "65536",
        "PAYCLI_WEBHOOK_TOLERANCE_SECONDS": "60",
        "PAYCLI_LOG_FORMAT": "json",
    }
    stripe, kafka = sources.read(StripeSettings), sources.read(KafkaSettings)
    server, webhook = sources.read(ServerSettings), sources.read(WebhookSettings)
    assert stripe.api_base == "http://127.0.0.1:12111"
    assert (stripe.timeout_seconds, stripe.max_in_flight) == (2.5, 7)
    assert (kafka.topic, kafka.unreadable_topic) == ("other.topic", "other.topic.unreadable")
    assert kafka.config.get_secret_value() == '{"security.protocol": "SSL"}'
    assert kafka.ack_timeout_seconds == 3.5
    assert (str(server.listen), server.webhook_max_in_flight) == (f"{WILDCARD_ADDRESS}:9000", 9)
    assert (server.max_body_bytes, server.log_format) == (65_536, "json")
    assert webhook.tolerance_seconds == 60


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0", "1e999", ""])
@pytest.mark.parametrize(
    ("group", "name"),
    [
        (StripeSettings, "PAYCLI_STRIPE_TIMEOUT_SECONDS"),
        (KafkaSettings, "PAYCLI_ACK_TIMEOUT_SECONDS"),
    ],
)
def test_a_deadline_is_a_finite_time(
    sources: IsolatedSources, group: type[SettingsGroup], name: str, value: str
) -> None:
    """No number disables a deadline; only an empty value selects the default."""
    sources.environ |= {**REQUIRED, name: value}
    if value:
        assert sources.problems(group).keys() == {name}
    else:
        sources.read(group)


def test_settings_are_immutable(sources: IsolatedSources) -> None:
    """Settings that were read at start can't be changed."""
    sources.environ |= REQUIRED
    settings = sources.read(StripeSettings)
    with pytest.raises(ValueError, match="frozen"):
        settings.timeout_seconds = 1  # type: ignore[misc]  # the model is frozen
