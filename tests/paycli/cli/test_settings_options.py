"""Settings as options of a command, and their precedence."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from paycli.cli.settings_options import with_settings
from paycli.errors import SettingsInvalid
from paycli.settings import KafkaSettings, StripeSettings, TokenSettings, WebhookSettings

CANARY = "CaNaRy8d1f"

# A setting that is not a secret has a flag of its variable's name.
FLAGS = {
    "PAYCLI_STRIPE_API_BASE": "--stripe-api-base",
    "PAYCLI_STRIPE_TIMEOUT_SECONDS": "--stripe-timeout-seconds",
    "PAYCLI_STRIPE_MAX_IN_FLIGHT": "--stripe-max-in-flight",
    "PAYCLI_WEBHOOK_TOLERANCE_SECONDS": "--webhook-tolerance-seconds",
    "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": "--kafka-bootstrap-servers",
    "PAYCLI_KAFKA_TOPIC": "--kafka-topic",
    "PAYCLI_KAFKA_SCHEMA_IDS_FILE": "--kafka-schema-ids-file",
    "PAYCLI_ACK_TIMEOUT_SECONDS": "--ack-timeout-seconds",
    "PAYCLI_API_SCOPES": "--api-scopes",
    "PAYCLI_API_ACCOUNTS": "--api-accounts",
}
# A secret has only a flag for a file.
FILE_FLAGS = {
    "PAYCLI_STRIPE_API_KEY": "--stripe-api-key-file",
    "PAYCLI_STRIPE_WEBHOOK_SECRETS": "--stripe-webhook-secrets-file",
    "PAYCLI_API_TOKENS": "--api-tokens-file",
    "PAYCLI_KAFKA_CONFIG": "--kafka-config-file",
}
VALID = {
    "PAYCLI_STRIPE_API_KEY": "sk_test_environment",
    "PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_of_the_environment1",
    "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "PAYCLI_API_TOKENS": "token-of-the-environment",
}

app = typer.Typer()


@app.command()
@with_settings
def show(
    word: str,
    *,
    number: int = 1,
    stripe: StripeSettings,
    webhook: WebhookSettings,
    kafka: KafkaSettings,
    tokens: TokenSettings,
) -> None:
    """Print all arguments and settings."""
    typer.echo(
        json.dumps(
            {
                "word": word,
                "number": number,
                "PAYCLI_STRIPE_API_KEY": stripe.api_key.get_secret_value(),
                "PAYCLI_STRIPE_API_BASE": stripe.api_base,
                "PAYCLI_STRIPE_TIMEOUT_SECONDS": stripe.timeout_seconds,
                "PAYCLI_STRIPE_MAX_IN_FLIGHT": stripe.max_in_flight,
                "PAYCLI_STRIPE_WEBHOOK_SECRETS": ",".join(webhook.secret_values()),
                "PAYCLI_WEBHOOK_TOLERANCE_SECONDS": webhook.tolerance_seconds,
                "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
                "PAYCLI_KAFKA_TOPIC": kafka.topic,
                "PAYCLI_KAFKA_CONFIG": kafka.config.get_secret_value(),
                "PAYCLI_ACK_TIMEOUT_SECONDS": kafka.ack_timeout_seconds,
                "PAYCLI_API_TOKENS": ",".join(tokens.callers()),
            }
        )
    )


@pytest.fixture(autouse=True)
def _valid_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set valid settings in the environment, in an empty directory."""
    monkeypatch.chdir(tmp_path)
    for name, value in {**VALID, "PAYCLI_SECRETS_DIR": str(tmp_path / "none")}.items():
        monkeypatch.setenv(name, value)


def run(arguments: Sequence[str], environ: Mapping[str, str | None] | None = None) -> Result:
    """Run the command with a word and these arguments."""
    return CliRunner().invoke(app, ["word", *arguments], env=environ)


def shown(arguments: Sequence[str], environ: Mapping[str, str | None] | None = None) -> object:
    """Return what the command received."""
    result = run(arguments, environ)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(
    arguments: Sequence[str], environ: Mapping[str, str | None] | None = None
) -> dict[str, str]:
    """Return the problems by setting."""
    error = run(arguments, environ).exception
    assert isinstance(error, SettingsInvalid), error
    return {problem.where: problem.detail for problem in error.problems}


def test_without_options_settings_come_from_the_environment() -> None:
    """A command receives its own arguments together with its settings."""
    assert shown(["--number", "7"]) == {
        "word": "word",
        "number": 7,
        **VALID,
        "PAYCLI_STRIPE_API_BASE": "https://api.stripe.com",
        "PAYCLI_STRIPE_TIMEOUT_SECONDS": 10,
        "PAYCLI_STRIPE_MAX_IN_FLIGHT": 48,
        "PAYCLI_WEBHOOK_TOLERANCE_SECONDS": 300,
        "PAYCLI_KAFKA_TOPIC": "payments.events",
        "PAYCLI_KAFKA_CONFIG": "{}",
        "PAYCLI_ACK_TIMEOUT_SECONDS": 5,
    }


@pytest.mark.parametrize(
    ("name", "in_environment", "as_flag", "value"),
    [
        ("PAYCLI_STRIPE_API_BASE", "http://127.0.0.1:1", "http://127.0.0.1:2", None),
        ("PAYCLI_STRIPE_TIMEOUT_SECONDS", "1", "2.5", 2.5),
        ("PAYCLI_STRIPE_MAX_IN_FLIGHT", "1", "2", 2),
        ("PAYCLI_WEBHOOK_TOLERANCE_SECONDS", "1", "2", 2),
        ("PAYCLI_KAFKA_BOOTSTRAP_SERVERS", "one:1", "two:2", None),
        ("PAYCLI_KAFKA_TOPIC", "one", "two", None),
        ("PAYCLI_ACK_TIMEOUT_SECONDS", "1", "2", 2),
    ],
)
def test_a_flag_wins_over_the_environment(
    name: str, in_environment: str, as_flag: str, value: float | None
) -> None:
    """A setting that is not a secret has a flag, which overrides all other sources."""
    found = shown([FLAGS[name], as_flag], {name: in_environment})
    assert isinstance(found, dict)
    assert found[name] == (as_flag if value is None else value)
    assert found | {name: None} == shown([]) | {name: None}  # type: ignore[operator]  # a mapping


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAYCLI_STRIPE_API_KEY", "sk_test_file"),
        ("PAYCLI_STRIPE_WEBHOOK_SECRETS", "whsec_of_a_secret_file_01,whsec_of_a_secret_file_02"),
        ("PAYCLI_API_TOKENS", "token-one-of-the-file,token-two-of-the-file"),
        ("PAYCLI_KAFKA_CONFIG", '{"sasl.password": "p"}'),
    ],
)
def test_a_secret_is_read_from_a_file_and_not_from_an_argument(
    tmp_path: Path, name: str, value: str
) -> None:
    """The file overrides the environment; there is no flag for the value itself."""
    file = tmp_path / "secret"
    file.write_text(f"{value}\n")
    found = shown([FILE_FLAGS[name], str(file)])
    assert isinstance(found, dict)
    assert found[name] == value
    refused = run([FILE_FLAGS[name].removesuffix("-file"), value])
    assert refused.exit_code == 2
    assert "No such option" in refused.stderr


def test_each_setting_has_exactly_one_option() -> None:
    """The option's help names the variable."""
    options = {
        opt: getattr(parameter, "help", None) or ""
        for parameter in typer.main.get_command(app).params
        for opt in parameter.opts
        if opt.startswith("--")
    }
    expected = {flag: name for name, flag in {**FLAGS, **FILE_FLAGS}.items()}
    own = {"--number", "--install-completion", "--show-completion"}
    assert options.keys() - own == expected.keys()
    for flag, name in expected.items():
        assert f"[{name}]" in options[flag]


def test_help_shows_no_value_of_the_environment() -> None:
    """The help does not depend on the environment."""
    result = run(["--help"], {"PAYCLI_KAFKA_TOPIC": CANARY, "PAYCLI_API_TOKENS": CANARY})
    assert result.exit_code == 0
    assert CANARY not in result.output


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_an_unreadable_secret_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """An empty, missing or non-UTF-8 file is a problem even if the environment has a value."""
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    problems = refusal(["--stripe-api-key-file", str(file)])
    assert problems.keys() == {"PAYCLI_STRIPE_API_KEY"}
    assert str(file) in problems["PAYCLI_STRIPE_API_KEY"]


def test_problems_of_files_and_values_are_reported_together(tmp_path: Path) -> None:
    """An unreadable file, a missing and an invalid setting are reported in one error."""
    problems = refusal(
        ["--stripe-api-key-file", str(tmp_path / "none"), "--ack-timeout-seconds", "soon"],
        {"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": None},
    )
    assert problems.keys() == {
        "PAYCLI_STRIPE_API_KEY",
        "PAYCLI_ACK_TIMEOUT_SECONDS",
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS",
    }


def test_problems_of_all_groups_are_reported_together() -> None:
    """Without any setting, the first error lists all of them."""
    assert refusal([], dict.fromkeys(VALID)).keys() == VALID.keys()


def test_a_secret_in_a_file_is_never_printed(tmp_path: Path) -> None:
    """The error about a malformed secret names the setting and not its value."""
    file = tmp_path / "secret"
    file.write_text(f"{CANARY} {CANARY}")
    arguments = [part for flag in FILE_FLAGS.values() for part in (flag, str(file))]
    result = run(arguments)
    assert isinstance(result.exception, SettingsInvalid)
    assert {problem.where for problem in result.exception.problems} == FILE_FLAGS.keys()
    assert CANARY not in result.output + str(result.exception) + repr(result.exception.problems)


def test_a_command_without_settings_is_unchanged() -> None:
    """The decorator adds no options to a command without settings."""
    plain = typer.Typer()

    @plain.command()
    @with_settings
    def greet(name: str = "you") -> None:
        typer.echo(f"hello {name}")

    result = CliRunner().invoke(plain, ["--name", "me"])
    assert (result.exit_code, result.stdout) == (0, "hello me\n")
