"""The command line and the settings with whatever somebody types: a sentence, never a traceback.

Cases that once went wrong, or nearly, stand as examples.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from paycli.cli.main import COMMANDS, EXIT_CODES, application
from paycli.errors import PaycliError, SettingsInvalid
from paycli.settings import GROUPS
from paycli.settings.reader import SettingsReader, SettingsSources, other_names, setting_fields

CANARY = "cAnArY"
NAMES = [
    name
    for group in GROUPS
    for variable, field in setting_fields(group)
    for name in (variable, *other_names(field))
]
# What the operating system can hold in an environment: no NUL, and no lone surrogates but those
# that stand for bytes that are not UTF-8.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
NEARLY = st.sampled_from(
    [
        *("", " ", ",", "=", "0", "-1", "1e400", "nan", "inf", "٣", "9" * 400, "true", "null"),
        *("sk_test_", "sk_live_x", "whsec_", "whsec_a,,whsec_b", "a=b=c", "=x", "x=", "a=b,a=b"),
        *(
            "http://",
            "https://api.stripe.com@evil.test",
            "http://a b",
            "[::1]:80",
            "[::1",
            ":99999",
        ),
        *(
            "{}",
            "[]",
            '{"a": []}',
            '{"acks": 0}',
            "[" * 5000,
            '{"a": 1e999}',
            '{"\\ud800": 1}',
            "{",
        ),
        *(
            "127.0.0.1:0",
            "é:1",
            "host:\uff11",
            "json",
            "Console",
            "payments.events",
            "..",
            "a" * 300,
        ),
    ]
)


@given(st.dictionaries(st.sampled_from(NAMES), NEARLY | TEXT, max_size=12))
@example({"PAYCLI_KAFKA_CONFIG": "[" * 100_000})
@example({"PAYCLI_KAFKA_CONFIG": '{"a": 1e999}'})
@example({"PAYCLI_LISTEN": "host:\u0661"})
@example({"PAYCLI_WORKERS": "9" * 5000})
@example({"PAYCLI_STRIPE_TIMEOUT_SECONDS": "nan"})
def test_settings_are_read_or_refused_by_name(environ: dict[str, str]) -> None:
    """Whatever stands in the environment, it is taken, or each problem names its setting."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {**environ, "PAYCLI_SECRETS_DIR": folder}
        reader = SettingsReader(SettingsSources(environ=settings, dotenv=Path(folder, ".env")))
        for group in GROUPS:
            reader.read(group)
        assert {problem.where for problem in reader.problems} <= set(NAMES)


@given(st.sampled_from(NAMES), NEARLY | TEXT, NEARLY | TEXT)
def test_a_value_that_is_refused_is_not_told(name: str, before: str, after: str) -> None:
    """What is said of a wrong setting does not hold what was set."""
    marked = before + CANARY + after
    with tempfile.TemporaryDirectory() as folder:
        settings = {name: marked, "PAYCLI_SECRETS_DIR": folder}
        reader = SettingsReader(SettingsSources(environ=settings, dotenv=Path(folder, ".env")))
        for group in GROUPS:
            group_read = reader.read(group)
            secret = name.endswith(("KEY", "SECRETS", "SECRET", "TOKENS", "CONFIG"))
            assert not secret or CANARY not in repr(group_read)
        with pytest.raises(SettingsInvalid) as invalid:
            reader.check()
    if not name.endswith(("CONFIG",)):  # of which it may name a key, never a value
        assert CANARY not in str(invalid.value)


LOCAL = [name for name in COMMANDS if name != "serve"]
OPTIONS = st.sampled_from(
    [
        *("--help", "--json", "-o", "ndjson", "json", "table", "--at", "--signature", "--exit"),
        *("tail", "show", "verify", "sign", "send", "create", "get", "list", "refund", "-", "--"),
        *(
            "--amount",
            "2000",
            "--currency",
            "eur",
            "pi_1",
            "re_1",
            "--timeout-seconds",
            "--version",
        ),
        *("--listen", "--stripe-api-key-file", "/nowhere", "/", "--metadata", "a=b", "--reference"),
        *("t=1,v1=" + "0" * 64, "2026-01-31T12:00:00Z", "9" * 400, "nan", "--install-completion"),
    ]
)
ENDINGS = {0, 1, 2, *EXIT_CODES.values()}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no setting of this machine be found, and nothing be written outside a folder."""
    for name in list(os.environ):
        if name.startswith(("PAYCLI_", "STRIPE_", "KAFKA_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PAYCLI_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def ended(arguments: list[str], given_input: bytes = b"") -> int:
    """The exit code of a command; what is no failure of ours goes up."""
    result = CliRunner().invoke(application(LOCAL), arguments, input=given_input)
    if isinstance(result.exception, PaycliError):
        kinds = type(result.exception).__mro__
        return next(EXIT_CODES[kind] for kind in kinds if kind in EXIT_CODES)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code


def without(arguments: list[str], *names: str) -> bool:
    """Whether none of the names is among the arguments."""
    return not set(arguments) & set(names)


@given(
    st.sampled_from(LOCAL),
    st.lists(OPTIONS | TEXT, max_size=6).filter(
        lambda them: without(them, "--install-completion", "--show-completion")
    ),
    st.binary(max_size=60),
)
@example("webhook", ["verify", "-", "--signature", "t=1,v1=é"], b"\xff")
@example("webhook", ["sign", "-", "--at", "9" * 400], b"")
@example("webhook", ["verify", "/", "--signature", "t=1"], b"")
def test_no_arguments_make_the_command_line_fail_otherwise(
    command: str, arguments: list[str], given_input: bytes
) -> None:
    """Without any setting each command ends with a documented exit code."""
    assert ended([command, *arguments], given_input) in ENDINGS


SECRETS: Mapping[str, str] = {"PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_of_the_fuzzer"}


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.binary(), TEXT
)
@example("t=" + "1" * 12 + ",v1=" + "0" * 64, b"", "9999-12-31T23:59:59Z")
@example("t=1,v1=" + "0" * 64, b"", "-9999999999999")
@example("", b"", "")
def test_verifying_anything_gives_a_verdict(header: str, payload: bytes, at: str) -> None:
    """Any payload and header, judged as of any time, is refused with a documented exit code."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        arguments = ["webhook", "verify", "-", f"--signature={header}"]
        if at:
            arguments.append(f"--at={at}")
        assert ended(arguments, payload) in ENDINGS - {0}
