"""The events' schemas in a real registry, and a consumer with Confluent's deserializer."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError

from event_table import TABLE
from harness.command_line import run
from harness.daemon import Daemon
from harness.example_consumer import validating_consumer
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import ConsumedRecord
from harness.schema_registry import SchemaRegistry
from harness.stripe import Stripe
from paycli.events.json_schema import draft_07_document
from paycli.events.types import PaymentSucceededEvent
from service import Service, daemon_settings

EVENT = "PaymentSucceededEvent"
TYPE = "payments.PaymentSucceededEvent.v1"
SCHEMA_ID = "__value_schema_id"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def registry() -> Iterator[SchemaRegistry]:
    """Give a schema registry that the tests share; each uses a prefix of its own."""
    SchemaRegistry.archive_classes()
    with SchemaRegistry() as registry:
        yield registry


class Operator:
    """Runs `paycli schemas` with a registry and a prefix."""

    def __init__(self, registry: SchemaRegistry, folder: Path, prefix: str) -> None:
        self.registry, self.folder = registry, folder
        self.prefix = prefix
        self.subject = self.prefix + TYPE
        self.err = ""

    def run(self, *arguments: str, code: int = 0) -> dict[str, Json]:
        """Return the rows by event."""
        options = ("--registry", self.registry.url, "--subject-prefix", self.prefix)
        done = run(self.folder, ("schemas", *arguments, *options, "-o", "json"), {})
        self.err = done.stderr
        assert done.returncode == code, done.stderr
        return {row["event"]: row for row in json.loads(done.stdout)}

    def versions(self) -> dict[str, list[int]]:
        """Return the versions of the subjects with the prefix."""
        every = self.registry.versions()
        return {name: found for name, found in every.items() if name.startswith(self.prefix)}

    def released_before(self, change: Callable[[Json], object], level: str = "FORWARD") -> None:
        """Register the schema of the event as an earlier release had it."""
        schema = draft_07_document(PaymentSucceededEvent)
        change(schema)
        self.registry.register(self.subject, schema)
        self.registry.set_level(self.subject, level)


@pytest.fixture
def operator(registry: SchemaRegistry, tmp_path: Path) -> Operator:
    """An operator with subjects that no other test uses."""
    return Operator(registry, tmp_path, f"{uuid.uuid4().hex[:8]}-")


def lack_field(schema: Json) -> None:
    """The release before added the field."""
    del schema["properties"]["charge_id"]
    schema["required"].remove("charge_id")


def had_field(schema: Json) -> None:
    """This release has removed a field."""
    schema["properties"]["fee"] = {"type": "integer"}
    schema["required"].append("fee")


def had_type(schema: Json) -> None:
    """This release has changed a field's type."""
    schema["properties"]["amount"]["type"] = ["string", "null"]


def test_publishing_twice_registers_nothing_twice(operator: Operator) -> None:
    """Each event has a subject with one version, its level stays, and the ids are the same."""
    first = operator.run("publish", "--ids-file", "first.json")
    assert {row["status"] for row in first.values()} == {"new"}
    assert "NONE" in operator.err
    versions = operator.versions()
    assert versions == {row["subject"]: [1] for row in first.values()}
    assert versions.keys() >= {f"{operator.prefix}payments.{case.name}.v1" for case in TABLE}
    again = operator.run("publish", "--ids-file", "second.json")
    assert {(row["status"], row["level"]) for row in again.values()} == {("unchanged", "NONE")}
    assert operator.versions() == versions
    ids = [(operator.folder / name).read_bytes() for name in ("first.json", "second.json")]
    assert ids[0] == ids[1]
    (version,) = json.loads(ids[0])[TYPE].values()
    assert version == {"id": first[EVENT]["id"], "guid": None}


def test_a_field_may_be_added_with_the_level_that_fits(operator: Operator) -> None:
    """It becomes a second version; a level that refuses it is named, with the one that fits."""
    operator.released_before(lack_field, "BACKWARD")
    row = operator.run("check", code=1)[EVENT]
    assert (row["status"], row["level"]) == ("incompatible", "BACKWARD")
    assert "--level FORWARD" in operator.err
    rows = operator.run("publish", "--level", "FORWARD")
    assert rows[EVENT]["version"] == 2
    assert {row["level"] for row in rows.values()} == {"FORWARD"}
    assert operator.versions()[operator.subject] == [1, 2]


@pytest.mark.parametrize("change", [had_field, had_type])
def test_an_incompatible_schema_is_refused(
    operator: Operator, change: Callable[[Json], object]
) -> None:
    """`check` and `publish` exit with 1 and the registry's reasons; nothing is registered."""
    operator.released_before(change)
    for command in ("check", "publish"):
        rows = operator.run(command, code=1)
        assert rows[EVENT]["status"] == "incompatible"
        assert rows[EVENT]["reasons"] != []
        assert operator.subject in operator.err
        assert rows[EVENT]["reasons"][0] in operator.err
        assert {row["status"] for name, row in rows.items() if name != EVENT} == {"new"}
    assert operator.versions() == {operator.subject: [1]}


def test_a_transitive_level_is_about_all_versions(operator: Operator) -> None:
    """The schema fits the latest version, and not the one before it."""
    operator.released_before(had_type, "NONE")
    operator.released_before(lack_field)
    assert operator.run("check")[EVENT]["status"] == "changed"
    operator.registry.set_level(operator.subject, "FORWARD_TRANSITIVE")
    assert operator.run("check", code=1)[EVENT]["status"] == "incompatible"


Read = Callable[[ConsumedRecord], object]


@contextmanager
def confluent_reader(registry: SchemaRegistry, topic: str) -> Iterator[Read]:
    """Yield what reads a record's value as a consumer with Confluent's deserializer does."""
    with SchemaRegistryClient({"url": registry.url}) as client:
        strategy = {"subject.name.strategy.type": "RECORD"}
        deserialize = JSONDeserializer(None, None, client, strategy)

        def read(record: ConsumedRecord) -> object:
            headers: list[tuple[str, str | bytes | None]] = [*record.headers]
            context = SerializationContext(topic, MessageField.VALUE, headers)
            return deserialize(record.value, context)

        yield read


def test_a_consumer_validates_real_records_by_their_header(
    operator: Operator, kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """Records of the daemon, a backfill and a replay have it; the values have no other bytes."""
    ids = operator.run("publish", "--ids-file", "ids.json")
    content = json.loads((operator.folder / "ids.json").read_text())
    for versions in content.values():
        versions[f"sha256:{'0' * 64}"] = {"id": 2**31 - 1, "guid": None}  # of another release
    (operator.folder / "ids.json").write_text(json.dumps(content))
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    file = {"PAYCLI_KAFKA_SCHEMA_IDS_FILE": str(operator.folder / "ids.json")}
    sent = {f"evt_{uuid.uuid4().hex}": case for case in TABLE}
    payment = stand_in.call("POST", "/v1/payment_intents", {"amount": "2000", "currency": "eur"})
    event = stand_in.call("GET", "/v1/events").json["data"][0]
    unreadable = {**event, "id": "evt_unreadable", "created": None}
    with (
        Daemon({**settings, **file, "PAYCLI_WORKERS": "2"}) as daemon,
        confluent_reader(operator.registry, topic) as read,
    ):
        daemon.wait_all_ready()
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        for event_id, case in sent.items():
            assert service.deliver(json.dumps(case.event(id=event_id)).encode()).status == 200
        assert service.deliver(json.dumps(unreadable).encode()).status == 200
        messages = validating_consumer()(
            kafka.bootstrap_servers, topic, topic, operator.registry.url
        )
        values = {
            dict(message.headers())["ce_id"].decode(): message.value()
            for message in islice(messages, len(sent))
        }
        messages.close()
        assert values == {event_id: case.value() for event_id, case in sent.items()}
        records = {str(record.header("ce_id")): record for record in service.records()}
        assert records.keys() == sent.keys()
        for event_id, case in sent.items():
            record = records[event_id]
            number: int = ids[case.name]["id"]
            assert dict(record.headers)[SCHEMA_ID] == b"\x00" + number.to_bytes(4)
            _check_control(read, record)
        (set_aside,) = service.records(".unreadable")
        assert read(set_aside) == json.loads(set_aside.value or b"")
        for command in (("backfill", "--since", "1h"), ("replay", "--id", event["id"])):
            assert run(operator.folder, ("events", *command), settings | file).returncode == 0
        again = [
            record for record in service.records() if record.key == payment.json["id"].encode()
        ]
        assert [record.header("origin") for record in again] == ["backfill", "replay"]
        assert service.deliver(json.dumps(event).encode()).status == 200
        again += service.records()
    assert {dict(record.headers)[SCHEMA_ID] for record in again} == {
        b"\x00" + ids["PaymentCreatedEvent"]["id"].to_bytes(4)
    }
    with Daemon(settings) as daemon:
        daemon.wait_all_ready()
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        service.records()
        assert service.deliver(json.dumps(event).encode()).status == 200
        (plain,) = service.records()
    assert SCHEMA_ID not in dict(plain.headers)
    for record in again:
        assert (record.key, record.value) == (plain.key, plain.value)
        assert len(record.headers) == len(plain.headers) + 1


def _check_control(read: Read, record: ConsumedRecord) -> None:
    """The control: a value that is invalid by its schema, and a record without the header."""
    invalid = {**json.loads(record.value or b""), "amount": "2000"}
    with pytest.raises(SerializationError, match="is not of type"):
        read(replace(record, value=json.dumps(invalid).encode()))
    with pytest.raises(SerializationError, match="magic byte"):
        read(replace(record, headers=()))


def test_a_registry_that_cannot_be_used_is_named(operator: Operator) -> None:
    """A wrong path and an address where nothing listens exit with 5, and nothing is written."""
    for url in (operator.registry.url.replace("v7", "v1"), "http://127.0.0.1:9"):
        command = ("schemas", "publish", "--registry", url, "--ids-file", "ids.json")
        done = run(operator.folder, command, {})
        assert (done.returncode, done.stdout) == (5, ""), done.stderr
        assert "--registry" in done.stderr
    assert [*operator.folder.iterdir()] == []
