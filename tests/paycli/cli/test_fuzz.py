"""Any arguments and settings end in a documented exit code, never in a traceback.

Explicit examples are regressions and edge cases.
"""

import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from paycli.cli.exit_codes import EXIT_CODES, exit_code
from paycli.cli.main import COMMANDS, application
from paycli.errors import PaycliError, SettingsInvalid
from paycli.settings import GROUPS
from paycli.settings.reader import SettingsReader, SettingsSources, other_names, setting_fields

CANARY = "cAnArY"
VARIABLES = [
    name
    for group in GROUPS
    for variable, field in setting_fields(group)
    for name in (variable, *other_names(field))
]
# Valid in an environment: no NUL, and no lone surrogates other than those for non-UTF-8 bytes.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
NEARLY_VALID = st.sampled_from(
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


@given(st.dictionaries(st.sampled_from(VARIABLES), NEARLY_VALID | TEXT, max_size=12))
@example({"PAYCLI_KAFKA_CONFIG": "[" * 100_000})
@example({"PAYCLI_KAFKA_CONFIG": '{"a": 1e999}'})
@example({"PAYCLI_LISTEN": "host:\u0661"})
@example({"PAYCLI_WORKERS": "9" * 5000})
@example({"PAYCLI_STRIPE_TIMEOUT_SECONDS": "nan"})
def test_settings_are_read_or_refused_by_name(environ: dict[str, str]) -> None:
    """Any environment is either accepted, or each problem names its setting."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {**environ, "PAYCLI_SECRETS_DIR": folder}
        reader = SettingsReader(SettingsSources(environ=settings, dotenv=Path(folder, ".env")))
        for group in GROUPS:
            reader.read(group)
        assert {problem.where for problem in reader.problems} <= set(VARIABLES)


@given(st.sampled_from(VARIABLES), NEARLY_VALID | TEXT, NEARLY_VALID | TEXT)
def test_a_refused_value_is_not_printed(name: str, before: str, after: str) -> None:
    """The message about an invalid setting does not contain its value."""
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
    if not name.endswith(("CONFIG",)):  # its keys may be named, its values not
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
DOCUMENTED = {0, 1, 2, *EXIT_CODES.values()}


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the settings of this machine, and write only below a temporary directory."""
    for name in list(os.environ):
        if name.startswith(("PAYCLI_", "STRIPE_", "KAFKA_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PAYCLI_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@cache  # Building the commands takes far longer than running one.
def root() -> TyperGroup:
    """Return all commands except for `serve`."""
    command = get_command(application(LOCAL))
    assert isinstance(command, TyperGroup)
    return command


def run(arguments: list[str], stdin: bytes = b"") -> int:
    """Return the exit code of a command; raise an exception that is not ours."""
    with CliRunner().isolation(stdin):
        code: object = None
        try:
            root().main(arguments, prog_name="paycli")
        except PaycliError as error:
            code = exit_code(error)
        except SystemExit as done:
            code = done.code
    assert isinstance(code, int)
    return code


def without(arguments: list[str], *names: str) -> bool:
    """Return whether none of the names is among the arguments."""
    return not set(arguments) & set(names)


@given(
    st.sampled_from(LOCAL),
    st.lists(OPTIONS | TEXT, max_size=6).filter(
        lambda arguments: without(arguments, "--install-completion", "--show-completion")
    ),
    st.binary(max_size=60),
)
@example("webhook", ["verify", "-", "--signature", "t=1,v1=é"], b"\xff")
@example("webhook", ["sign", "-", "--at", "9" * 400], b"")
@example("webhook", ["verify", "/", "--signature", "t=1"], b"")
def test_any_arguments_end_in_a_documented_exit_code(
    command: str, arguments: list[str], stdin: bytes
) -> None:
    """Without any setting, no command fails with an undocumented exit code or a traceback."""
    assert run([command, *arguments], stdin) in DOCUMENTED


SECRETS: Mapping[str, str] = {"PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_of_the_fuzzer_00001"}


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.binary(), TEXT
)
@example("t=" + "1" * 12 + ",v1=" + "0" * 64, b"", "9999-12-31T23:59:59Z")
@example("t=1,v1=" + "0" * 64, b"", "-9999999999999")
@example("", b"", "")
def test_verify_refuses_any_malformed_webhook(header: str, payload: bytes, at: str) -> None:
    """Any payload and header at any time is refused with a documented exit code."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        arguments = ["webhook", "verify", "-", f"--signature={header}"]
        if at:
            arguments.append(f"--at={at}")
        assert run(arguments, payload) in DOCUMENTED - {0}
