"""Secrets are never shown, neither in errors nor in representations."""

import traceback

import pytest

from harness.settings_sources import CANARY, GROUPS_OF_THE_DAEMON, REQUIRED, IsolatedSources
from paycli.errors import Problem, SettingsInvalid
from paycli.settings import (
    KafkaSettings,
    SettingsGroup,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)

MALFORMED_SECRETS: list[tuple[type[SettingsGroup], str, str]] = [
    (StripeSettings, "PAYCLI_STRIPE_API_KEY", CANARY),
    (StripeSettings, "PAYCLI_STRIPE_API_KEY", f"pk_live_{CANARY}"),
    (StripeSettings, "PAYCLI_STRIPE_API_KEY", f"sk_test_{CANARY} x"),
    (StripeSettings, "PAYCLI_STRIPE_API_KEY", f"sk_live_{CANARY}ü"),
    (WebhookSettings, "PAYCLI_STRIPE_WEBHOOK_SECRETS", CANARY),
    (WebhookSettings, "PAYCLI_STRIPE_WEBHOOK_SECRETS", f"whsec_{CANARY},{CANARY}"),
    (TokenSettings, "PAYCLI_API_TOKENS", f"{CANARY} x"),
    (TokenSettings, "PAYCLI_API_TOKENS", f"a={CANARY}ü"),
    (TokenSettings, "PAYCLI_API_TOKENS", f"{CANARY}=b=c"),
    (TokenSettings, "PAYCLI_API_TOKENS", f"{CANARY} x=token"),
    (TokenSettings, "PAYCLI_API_TOKENS", f"a={CANARY},b={CANARY}"),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", CANARY),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'"{CANARY}"'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'["{CANARY}"]'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'{{"sasl.password": "{CANARY}"'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f"{{'sasl.password': '{CANARY}'}}"),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'{{"sasl.password": ["{CANARY}"]}}'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'{{"sasl.password": {{"x": "{CANARY}"}}}}'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'{{"acks": "{CANARY}"}}'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'{{"linger.ms": "{CANARY}"}}'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'{{"sasl.password": "{CANARY}", "x": null}}'),
]


@pytest.mark.parametrize("source", ["flag", "environment", "dotenv", "file"])
@pytest.mark.parametrize(("group", "name", "value"), MALFORMED_SECRETS)
def test_a_malformed_secret_is_named_and_never_shown(
    sources: IsolatedSources, group: type[SettingsGroup], name: str, value: str, source: str
) -> None:
    """An invalid secret from any source appears in no text of the error or of its traceback."""
    sources.environ |= {key: value for key, value in REQUIRED.items() if key != name}
    if source == "flag":
        sources.flags[name] = value
    elif source == "environment":
        sources.environ[name] = value
    elif source == "dotenv":
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        sources.dotenv.write_text(f"{name}='{quoted}'\n", encoding="utf-8")
    else:
        (sources.secrets / name).write_text(value, encoding="utf-8")
    error = sources.refusal(group)
    assert [problem.where for problem in error.problems] == [name]
    assert CANARY not in _all_text(error)


def test_a_live_key_with_another_address_is_not_shown(sources: IsolatedSources) -> None:
    """An error about two settings does not show the key either."""
    sources.environ |= {
        "STRIPE_API_KEY": f"sk_live_{CANARY}",
        "PAYCLI_STRIPE_API_BASE": "http://127.0.0.1:1",
    }
    assert CANARY not in _all_text(sources.refusal(StripeSettings))


def test_valid_secrets_are_in_no_representation(sources: IsolatedSources) -> None:
    """Printed, formatted and serialized settings show no secret."""
    sources.environ |= {
        "STRIPE_API_KEY": f"sk_test_{CANARY}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{CANARY}-{CANARY}",
        "PAYCLI_API_TOKENS": f"a={CANARY},{CANARY}2",
        "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
        "PAYCLI_KAFKA_CONFIG": f'{{"sasl.password": "{CANARY}"}}',
    }
    for group in GROUPS_OF_THE_DAEMON:
        settings = sources.read(group)
        for text in (repr(settings), str(settings), f"{settings}", settings.model_dump_json()):
            assert CANARY not in text
    # The control: it was there to be shown.
    assert CANARY in sources.read(StripeSettings).api_key.get_secret_value()


def _all_text(error: SettingsInvalid) -> str:
    """Return everything that an error could print."""
    texts = [repr(error), str(error), error.detail, *map(_text, error.problems)]
    return "\n".join([*texts, *traceback.format_exception(error)])


def _text(problem: Problem) -> str:
    return repr(problem) + problem.detail
