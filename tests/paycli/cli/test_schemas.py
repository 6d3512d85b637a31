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
from paycli.events.asyncapi import event_types
from paycli.settings import KafkaSettings

TYPE = "payments.PaymentSucceededEvent.v1"


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
    (tmp_path / "ids.json").write_text("earlier")
    arguments = ("--registry", registry.url, "--ids-file", "ids.json")
    done = run(tmp_path, ("schemas", "publish", *arguments), {})
    assert done.returncode == 1, done.stderr
    assert f"{TYPE}: {registry.messages[0]}\nnothing was registered" in done.stderr
    assert registry.subjects.keys() == {TYPE}
    assert (tmp_path / "ids.json").read_text() == "earlier"


@pytest.mark.parametrize(
    "url",
    [
        *("registry:8081", "ftp://registry", "https://", "https://registry?a=b", "https://a b"),
        *(f"https://user:{CANARY}@registry", f"https://registry/x@{CANARY}"),
    ],
)
def test_an_address_has_no_credentials(tmp_path: Path, url: str) -> None:
    """Other processes would see them: the message names the setting, and does not repeat them."""
    done = run(tmp_path, ("schemas", "check", "--registry", url), {})
    assert (done.returncode, done.stdout) == (2, "")
    # The lines are broken at the terminal's width.
    assert "PAYCLI_SCHEMA_REGISTRY_BASIC_AUTH" in "".join(done.stderr.split())
    assert CANARY not in done.stderr


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
