"""The precedence of the sources, and the report of missing and invalid settings."""

import pytest

from harness.settings_sources import (
    CANARY,
    GROUPS_OF_THE_DAEMON,
    REQUIRED,
    SIGNING_SECRET,
    IsolatedSources,
)
from paycli.errors import SettingsInvalid
from paycli.settings import (
    KafkaSettings,
    ListenSettings,
    ServerSettings,
    SettingsGroup,
    StripeSettings,
    WebhookSettings,
)


@pytest.mark.parametrize("strongest", range(5))
def test_the_source_with_the_highest_precedence_wins(
    sources: IsolatedSources, strongest: int
) -> None:
    """The precedence is flag, environment, `.env`, secret file, default."""
    name = "PAYCLI_KAFKA_TOPIC"
    sources.environ["PAYCLI_KAFKA_BOOTSTRAP_SERVERS"] = "kafka:9092"
    if strongest <= 0:
        sources.flags[name] = "topic-0"
    if strongest <= 1:
        sources.environ[name] = "topic-1"
    if strongest <= 2:
        sources.dotenv.write_text(f"{name}=topic-2\n")
    if strongest <= 3:
        (sources.secrets / name).write_text("topic-3\n")
    expected = f"topic-{strongest}" if strongest < 4 else "payments.events"
    assert sources.read(KafkaSettings).topic == expected


@pytest.mark.parametrize(
    ("group", "prefix", "names"),
    [
        (StripeSettings, "sk_test_", "PAYCLI_STRIPE_API_KEY STRIPE_API_KEY STRIPE_SECRET_KEY"),
        (
            WebhookSettings,
            "whsec_of_several_names_00",
            "PAYCLI_STRIPE_WEBHOOK_SECRETS STRIPE_WEBHOOK_SECRET",
        ),
        (KafkaSettings, "kafka-", "PAYCLI_KAFKA_BOOTSTRAP_SERVERS KAFKA_BOOTSTRAP_SERVERS"),
    ],
)
def test_other_names_are_supported_with_lower_precedence(
    sources: IsolatedSources, group: type[SettingsGroup], prefix: str, names: str
) -> None:
    """Each documented name is sufficient, and of several the first listed takes precedence."""
    for number, name in enumerate(reversed(names.split())):
        sources.environ[name] = f"{prefix}{number}"
        assert _required_value(sources.read(group)) == f"{prefix}{number}"


def _required_value(settings: SettingsGroup) -> str:
    if isinstance(settings, StripeSettings):
        return settings.api_key.get_secret_value()
    if isinstance(settings, WebhookSettings):
        return ",".join(settings.secret_values())
    assert isinstance(settings, KafkaSettings)
    return settings.bootstrap_servers


def test_the_source_takes_precedence_over_the_name(sources: IsolatedSources) -> None:
    """Another name in the environment wins over the `PAYCLI_…` name in `.env`."""
    sources.environ["STRIPE_SECRET_KEY"] = "sk_test_environment"
    sources.dotenv.write_text("PAYCLI_STRIPE_API_KEY=sk_test_dotenv\n")
    assert sources.read(StripeSettings).api_key.get_secret_value() == "sk_test_environment"


def test_empty_values_count_as_not_set(sources: IsolatedSources) -> None:
    """An empty value in any source falls through to the next source."""
    sources.flags["PAYCLI_KAFKA_TOPIC"] = ""
    sources.environ |= {"PAYCLI_KAFKA_TOPIC": "", "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": ""}
    sources.dotenv.write_text("PAYCLI_KAFKA_TOPIC=\nKAFKA_BOOTSTRAP_SERVERS=\n")
    (sources.secrets / "PAYCLI_KAFKA_BOOTSTRAP_SERVERS").write_text("\n")
    assert "is not set" in sources.problems(KafkaSettings)["PAYCLI_KAFKA_BOOTSTRAP_SERVERS"]
    (sources.secrets / "KAFKA_BOOTSTRAP_SERVERS").write_text("kafka:9092")
    assert sources.read(KafkaSettings).topic == "payments.events"


@pytest.mark.parametrize("name", ["PAYCLI_STRIPE_API_KEY", "paycli_stripe_api_key"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_secret_files_are_found_in_either_case_and_lose_their_final_newline(
    sources: IsolatedSources, name: str, end: str
) -> None:
    """The file has the name of the setting; its final newline is not part of the value."""
    (sources.secrets / name).write_bytes(b"sk_test_file" + end.encode())
    assert sources.read(StripeSettings).api_key.get_secret_value() == "sk_test_file"


def test_the_directory_of_secret_files_can_be_set_in_dotenv(sources: IsolatedSources) -> None:
    """`PAYCLI_SECRETS_DIR` can be set in `.env` like any other setting."""
    del sources.environ["PAYCLI_SECRETS_DIR"]
    sources.dotenv.write_text(f"PAYCLI_SECRETS_DIR={sources.secrets}\n")
    (sources.secrets / "STRIPE_API_KEY").write_text("sk_test_file")
    assert sources.read(StripeSettings).api_key.get_secret_value() == "sk_test_file"


def test_dotenv_values_are_not_interpolated(sources: IsolatedSources) -> None:
    """Dollar signs in a password are not replaced by environment variables."""
    sources.environ |= {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "WORD": "replaced"}
    sources.dotenv.write_text("""PAYCLI_KAFKA_CONFIG='{"sasl.password": "a${WORD}b$WORD"}'\n""")
    config = sources.read(KafkaSettings).config
    assert config.get_secret_value() == '{"sasl.password": "a${WORD}b$WORD"}'


def test_a_dotenv_file_that_is_not_utf8_is_reported(sources: IsolatedSources) -> None:
    """It raises SettingsInvalid, which does not contain the content of the file."""
    sources.dotenv.write_bytes(f"PAYCLI_API_TOKENS={CANARY}\xff\n".encode("latin-1"))
    with pytest.raises(SettingsInvalid) as refused:
        sources.reader()
    assert ".env" in refused.value.detail
    assert CANARY not in refused.value.detail


def test_all_missing_settings_are_reported_together(sources: IsolatedSources) -> None:
    """Without settings, exactly the four required ones are reported, each with its description."""
    problems = sources.problems(*GROUPS_OF_THE_DAEMON)
    assert problems.keys() == REQUIRED.keys()
    for detail in problems.values():
        assert detail.startswith("is not set (")
    assert "prefix determines live or test mode" in problems["PAYCLI_STRIPE_API_KEY"]
    assert "whsec_" in problems["PAYCLI_STRIPE_WEBHOOK_SECRETS"]
    assert "broker-1:9092" in problems["PAYCLI_KAFKA_BOOTSTRAP_SERVERS"]
    assert "caller=TOKEN" in problems["PAYCLI_API_TOKENS"]


INVALID = {
    "PAYCLI_STRIPE_API_KEY": ("pk_test_1", "must start with sk_test_"),
    "PAYCLI_STRIPE_API_BASE": ("api.stripe.com", "such as https://api.stripe.com"),
    "PAYCLI_STRIPE_TIMEOUT_SECONDS": ("soon", "must be a number"),
    "PAYCLI_STRIPE_MAX_IN_FLIGHT": ("4.5", "must be a whole number"),
    "PAYCLI_STRIPE_WEBHOOK_SECRETS": (f"{SIGNING_SECRET},sk_test_1", "each must start with whsec_"),
    "PAYCLI_WEBHOOK_TOLERANCE_SECONDS": ("0", "must be greater than or equal to 1"),
    "PAYCLI_KAFKA_TOPIC": ("payments events", "must match"),
    "PAYCLI_KAFKA_CONFIG": ("[]", "must be a JSON object, such as"),
    "PAYCLI_ACK_TIMEOUT_SECONDS": ("1e9", "must be less than or equal to 60"),
    "PAYCLI_API_TOKENS": ("a b", "letters, digits and -._~+/"),
    "PAYCLI_LISTEN": ("localhost", "such as 127.0.0.1:8080"),
    "PAYCLI_WEBHOOK_MAX_IN_FLIGHT": ("0", "must be greater than or equal to 4"),
    "PAYCLI_MAX_BODY_BYTES": ("1", "must be greater than or equal to 1024"),
    "PAYCLI_LOG_FORMAT": ("xml", "'console' or 'json'"),
}


def test_all_invalid_settings_are_reported_together(sources: IsolatedSources) -> None:
    """The invalid settings of all groups are reported together with the missing one."""
    sources.environ |= {name: value for name, (value, _) in INVALID.items()}
    problems = sources.problems(*GROUPS_OF_THE_DAEMON)
    assert problems.keys() == {*INVALID, "PAYCLI_KAFKA_BOOTSTRAP_SERVERS"}
    for name, (_, words) in INVALID.items():
        assert words in problems[name], name


@pytest.mark.parametrize("name", INVALID)
def test_each_invalid_setting_is_reported_with_what_to_do(
    sources: IsolatedSources, name: str
) -> None:
    """One invalid setting is the only problem, and its message says what the value must be."""
    value, words = INVALID[name]
    sources.environ |= {**REQUIRED, name: value}
    problems = sources.problems(*GROUPS_OF_THE_DAEMON)
    assert problems.keys() == {name}
    assert words in problems[name]


def test_a_problem_that_two_groups_share_is_reported_once(sources: IsolatedSources) -> None:
    """An invalid setting that two groups contain is not reported twice."""
    sources.environ |= {"PAYCLI_LISTEN": "nowhere"}
    refusal = sources.refusal(ListenSettings, ServerSettings)
    assert [problem.where for problem in refusal.problems] == ["PAYCLI_LISTEN"]


def test_the_error_message_names_all_problems(sources: IsolatedSources) -> None:
    """The text of the exception itself names every setting."""
    text = str(sources.refusal(*GROUPS_OF_THE_DAEMON))
    assert all(name in text for name in REQUIRED)


def test_a_command_requires_only_the_settings_it_uses(sources: IsolatedSources) -> None:
    """A group can be read while the settings of other groups are missing or invalid."""
    sources.environ |= {
        "PAYCLI_STRIPE_WEBHOOK_SECRETS": SIGNING_SECRET,
        "PAYCLI_API_TOKENS": "a b",
    }
    assert sources.read(WebhookSettings).secret_values() == (SIGNING_SECRET,)
