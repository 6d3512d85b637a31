"""`paycli schemas` with a registry that has GUIDs, and the settings that it leads to."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from harness.command_line import run
from harness.confluent_registry import ConfluentRegistry, guid
from harness.settings_sources import CANARY, REQUIRED
from paycli.bootstrap.kafka import topics
from paycli.cli.main import application
from paycli.events.asyncapi import event_types
from paycli.settings import KafkaSettings

TYPE = "payments.PaymentSucceededEvent.v1"
OTHER_TYPE = "payments.PaymentFailedEvent.v1"


@pytest.fixture
def registry() -> Iterator[ConfluentRegistry]:
    """Give an empty registry."""
    with ConfluentRegistry() as registry:
        yield registry


def test_guids_reach_the_records(registry: ConfluentRegistry, tmp_path: Path) -> None:
    """Each event's GUID is in the file, from which the publishing commands take the header."""
    (tmp_path / "token").write_text(f"{CANARY}\n")
    arguments = ("--registry", registry.url, "--ids-file", "ids.json", "--subject-prefix", "pay-")
    done = run(
        tmp_path,
        ("schemas", "publish", *arguments, "--schema-registry-token-file", "token", "-o", "ndjson"),
        {},
    )
    assert done.returncode == 0, done.stderr
    assert CANARY not in done.stdout + done.stderr
    assert {each.headers["authorization"] for each in registry.received} == {f"Bearer {CANARY}"}
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["event"] for row in rows] == [kind.__name__ for kind in event_types()]
    ((schema,),) = (texts for name, texts in registry.subjects.items() if name == f"pay-{TYPE}")
    assert json.loads(schema)["title"] == TYPE
    (row,) = (row for row in rows if row["subject"] == f"pay-{TYPE}")
    assert (row["status"], row["version"], row["guid"]) == ("new", 1, guid(schema))
    settings = KafkaSettings.model_validate(
        {
            "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
            "PAYCLI_KAFKA_SCHEMA_IDS_FILE": str(tmp_path / "ids.json"),
        }
    )
    headers = topics(settings).schema_ids
    assert headers["PaymentSucceededEvent"] == b"\x01" + UUID(guid(schema)).bytes
    assert headers.keys() == {kind.__name__ for kind in event_types()}


def test_nothing_is_registered_if_one_is_incompatible(
    registry: ConfluentRegistry, tmp_path: Path
) -> None:
    """The reasons of the registry are printed, and the ids of an earlier run stay."""
    registry.subjects[TYPE] = ['{"type": "object"}']
    registry.messages = ["{errorType:'PROPERTY_REMOVED'}"]
    (tmp_path / "ids.json").write_text("{}")
    registry.levels = {TYPE: "FORWARD_TRANSITIVE", OTHER_TYPE: "FORWARD"}
    arguments = ("--registry", registry.url, "--ids-file", "ids.json", "--level", "FORWARD")
    done = run(tmp_path, ("schemas", "publish", *arguments), {})
    assert done.returncode == 1, done.stderr
    assert f"{TYPE}: {registry.messages[0]}\nnothing was registered" in done.stderr
    assert registry.subjects.keys() == {TYPE}
    assert (tmp_path / "ids.json").read_text() == "{}"
    count = len(event_types())
    assert f"subjects whose level was set to FORWARD: {count - 2}\n" in done.stderr
    assert "subjects that keep FORWARD_TRANSITIVE, which is stricter: 1\n" in done.stderr
    assert registry.levels.pop(TYPE) == "FORWARD_TRANSITIVE"
    assert [*registry.levels.values()] == ["FORWARD"] * (count - 1)


def test_the_ids_of_other_releases_stay(registry: ConfluentRegistry, tmp_path: Path) -> None:
    """Publishing adds to the file, which is replaced only if it is about the same registry."""
    file = tmp_path / "ids.json"
    arguments = ("schemas", "publish", "--registry", registry.url, "--ids-file", "ids.json")
    file.touch()
    assert run(tmp_path, arguments, {}).returncode == 0
    ids = json.loads(file.read_text())
    earlier = {f"sha256:{'0' * 64}": {"id": 99, "guid": guid("earlier")}}
    file.write_text(json.dumps({**ids, TYPE: earlier, "payments.GoneEvent.v1": earlier}))
    assert run(tmp_path, arguments, {}).returncode == 0
    expected = {**ids, TYPE: earlier | ids[TYPE], "payments.GoneEvent.v1": earlier}
    assert json.loads(file.read_text()) == expected
    registry._ids.insert(0, "of another service")
    before = file.read_bytes()
    done = run(tmp_path, arguments, {})
    assert (done.returncode, "another registry" in " ".join(done.stderr.split())) == (2, True)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("ids.json", before)]


@pytest.mark.parametrize("name", ["-", "", "/", "other.json", "folder", "folder/../folder/-"])
def test_another_file_is_not_replaced(
    registry: ConfluentRegistry, tmp_path: Path, name: str
) -> None:
    """What is not a file of ids is refused before anything is registered, and no `-` is made."""
    (tmp_path / "other.json").write_text('{"id": 7}')
    (tmp_path / "folder").mkdir()
    done = run(tmp_path, ("schemas", "publish", "--registry", registry.url, "--ids-file", name), {})
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert registry.received == []
    assert {each.name for each in tmp_path.rglob("*")} == {"other.json", "folder"}
    assert (tmp_path / "other.json").read_text() == '{"id": 7}'


@pytest.mark.parametrize("url", [f"https://user:{CANARY}@registry", f"https://registry/x@{CANARY}"])
def test_an_address_has_no_credentials(tmp_path: Path, url: str) -> None:
    """Other processes would see them: the message names the setting, and does not repeat them."""
    done = run(tmp_path, ("schemas", "check", "--registry", url), {})
    assert (done.returncode, done.stdout) == (2, "")
    # The lines are broken at the terminal's width.
    assert "PAYCLI_SCHEMA_REGISTRY_BASIC_AUTH" in "".join(done.stderr.split())
    assert CANARY not in done.stderr


@pytest.mark.parametrize(
    ("url", "mistake"),
    [
        *((url, "must be a URL") for url in ("", "registry:8081", "ftp://registry", "https://")),
        *((url, "must be a URL") for url in ("https:///path", "http://:8081", "http:registry")),
        *((f"http://registry{end}", "query") for end in ("?a=b", "/x#y", "?", "#")),
        *((url, "printable ASCII") for url in ("http://exämple.invalid", "https://a b")),
        *((f"http://registry{character}", "printable ASCII") for character in "\x01\n\x7f\u0661"),
        *((url, "IPv6") for url in ("http://[::1", "http://[registry]", "http://::1]")),
        *((f"http://registry:{port}", "port") for port in ("0", "65536", "-1", "x")),
    ],
)
@pytest.mark.parametrize("command", ["check", "publish"])
def test_a_wrong_address_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], command: str, url: str, mistake: str
) -> None:
    """It is never taken for an incompatible schema, and the message fits the mistake."""
    with pytest.raises(SystemExit) as exited:
        application()(["schemas", command, "--registry", url])
    assert exited.value.code == 2
    message = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert f"--registry {'must' if mistake != 'IPv6' else 'has'}" in message
    assert mistake in message
    assert "BASIC_AUTH" not in message


def test_a_scheme_in_capitals_is_the_same(registry: ConfluentRegistry, tmp_path: Path) -> None:
    """RFC 3986, section 3.1."""
    url = registry.url.replace("http", "HTTP")
    assert run(tmp_path, ("schemas", "check", "--registry", url), {}).returncode == 0


@pytest.mark.parametrize(
    "command", ["serve", "events backfill --since 1h", "events replay --id evt_1"]
)
@pytest.mark.parametrize(("content", "problem"), [(None, "can't be read"), (b"{}", "lacks")])
def test_what_publishes_does_not_start_without_all_ids(
    tmp_path: Path, command: str, content: bytes | None, problem: str
) -> None:
    """A missing or incomplete file is an invalid setting; no record is published without an id."""
    if content is not None:
        (tmp_path / "ids.json").write_bytes(content)
    settings = {
        **REQUIRED,
        "PAYCLI_LISTEN": "127.0.0.1:0",
        "PAYCLI_KAFKA_SCHEMA_IDS_FILE": "ids.json",
    }
    done = run(tmp_path, command.split(), settings)
    assert done.returncode == 3, done.stderr
    assert f"PAYCLI_KAFKA_SCHEMA_IDS_FILE: the file ids.json {problem}" in done.stderr
    assert "listening" not in done.stderr
