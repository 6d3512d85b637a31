"""Exports and replays are byte for byte; a replay publishes only the selected records."""

import json
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from harness.command_line import PAYCLI, run
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import ConsumedRecord, read_records
from harness.polling import wait_until
from harness.processes import Process
from harness.stripe import Stripe
from paycli.adapters.kafka.publisher import KafkaPublisher
from service import Service, daemon_settings

THEN_MS = int(time.time() * 1000) - 3_600_000
FOREVER = {"retention.ms": "-1"}
EDGE_CASES: list[tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]] = [
    (b"pi_1", b'{"a": 1}', [("ce_id", b"evt_1"), ("__TypeId__", b"PaymentSucceededEvent")]),
    (None, b"no key", []),
    (b"pi_1", None, [("ce_id", b"evt_1")]),
    (b"", b"", [("empty", b""), ("null", None)]),
    (b"\xff\xfe", b"\x00\x01\x80", [("bytes", b"\xff"), ("b", b"1"), ("a", b"2"), ("b", b"1")]),
    ("ключ".encode(), "prix: 20 €\u2028\n".encode(), [("ключ", "€".encode())]),
]


@pytest.fixture
def settings(kafka: KafkaBroker, topic: str) -> dict[str, str]:
    """Provide settings with an empty topic."""
    return daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, topic)


@pytest.fixture
def source(kafka: KafkaBroker, topic: str) -> str:
    """Provide a topic of seven partitions, some empty, with all edge cases of records."""
    name = f"{topic}.source"
    kafka.create_topic(name, partitions=7)
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    for number, (key, value, headers) in enumerate(EDGE_CASES * 3):
        at = THEN_MS + 1000 * number
        producer.produce(name, value, key, number % 5, timestamp=at, headers=list(headers))
    assert producer.flush(10) == 0
    return name


def content(records: list[ConsumedRecord], *, partitions: bool = True) -> list[Any]:
    """Return what a replay must not change; with `partitions` also the partition."""
    rows = [(r.key, r.value, r.headers, r.timestamp_ms) for r in records]
    if not partitions:
        return rows
    return [(r.partition, *row) for r, row in zip(records, rows, strict=True)]


def export(folder: Path, settings: dict[str, str], *arguments: str) -> list[dict[str, Any]]:
    """Export to standard output; return the records."""
    done = run(folder, ("events", "export", *arguments), settings)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def replay(folder: Path, settings: dict[str, str], *arguments: str) -> dict[str, Any]:
    """Replay; return the JSON output."""
    done = run(folder, ("events", "replay", *arguments, "--json"), settings)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_export_and_replay_keep_every_byte(
    tmp_path: Path, kafka: KafkaBroker, settings: dict[str, str], source: str
) -> None:
    """Keys, values, nulls, duplicate headers, their order, and times are identical."""
    copy = f"{source}.copy"
    kafka.create_topic(copy, partitions=7)
    done = run(tmp_path, ("events", "export", "--topic", source, "--file", "out.jsonl"), settings)
    assert done.returncode == 0, done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["out.jsonl"]
    report = replay(tmp_path, settings, "out.jsonl", "--topic", copy, "--keep-partitions")
    assert (report["selected"], report["published"]) == (18, 18)
    original = read_records(kafka.bootstrap_servers, source)
    assert len(original) == 18
    assert content(read_records(kafka.bootstrap_servers, copy)) == content(original)
    again = run(tmp_path, ("events", "export", "--topic", source, "--file", "out.jsonl"), settings)
    assert again.returncode == 2, "a file is never overwritten"


def test_a_replay_from_a_topic_keeps_every_byte(
    tmp_path: Path, kafka: KafkaBroker, settings: dict[str, str], source: str, topic: str
) -> None:
    """Without --keep-partitions the key decides, with the partitioner of Java's producers."""
    report = replay(tmp_path, settings, "--from-topic", source, "--topic", topic)
    assert report["published"] == 18
    copies = read_records(kafka.bootstrap_servers, topic)
    originals = read_records(kafka.bootstrap_servers, source)
    assert sorted(map(str, content(copies, partitions=False))) == sorted(
        map(str, content(originals, partitions=False))
    )
    assert len({r.partition for r in copies if r.key == b"pi_1"}) == 1


def test_ranges_by_time_and_offset(tmp_path: Path, settings: dict[str, str], source: str) -> None:
    """The end of a time range is exclusive; offset ranges include both ends."""
    early, late = (f"{(THEN_MS + 1000 * n) // 1000 + 1}" for n in (2, 6))
    records = export(tmp_path, settings, "--topic", source, "--since", early, "--until", late)
    times = {line["timestamp_ms"] for line in records}
    assert times == {THEN_MS + 1000 * n for n in (3, 4, 5, 6)}
    records = export(
        tmp_path, settings, "--topic", source, "--offsets", "0:1-2", "--offsets", "3:2-"
    )
    assert {(record["partition"], record["offset"]) for record in records} == {
        (0, 1),
        (0, 2),
        (3, 2),
    }
    assert export(tmp_path, settings, "--topic", source, "--offsets", "6:") == []


def test_gaps_in_offsets_do_not_block_an_export(
    tmp_path: Path, kafka: KafkaBroker, settings: dict[str, str], topic: str
) -> None:
    """Transaction markers have offsets but no records: the export ends, and is complete."""
    name = f"{topic}.markers"
    kafka.create_topic(name, partitions=1)
    config = {"bootstrap.servers": kafka.bootstrap_servers, "transactional.id": name}
    producer = Producer(config)
    producer.init_transactions(20)
    for number in range(3):
        producer.begin_transaction()
        producer.produce(name, b"%d" % number)
        producer.flush(20)
        (producer.abort_transaction if number == 1 else producer.commit_transaction)(20)
    records = export(tmp_path, settings, "--topic", name)
    assert [record["value"] for record in records] == ["0", "2"]
    assert [record["offset"] for record in records] == [0, 4]


def test_only_selected_records_are_replayed(
    tmp_path: Path, kafka: KafkaBroker, service: Service, settings: dict[str, str], topic: str
) -> None:
    """By id, payment, type and time; a dry run counts the same records and publishes none."""
    service.deliver_payment_event("evt_c1", "pi_c1")
    service.deliver_payment_event("evt_c2", "pi_c2")
    service.deliver_payment_event("evt_c3", "pi_c2", type="payment_intent.canceled")
    topics = ("--from-topic", service.topic, "--topic", topic)
    for arguments, expected in (
        (("--payment", "pi_c2"), ["evt_c2", "evt_c3"]),
        (("--payment", "pi_c2", "--type", "PaymentCanceledEvent"), ["evt_c3"]),
        (("--payment", "pi_c2", "--type", "payment_intent.succeeded"), ["evt_c2"]),
        (("--id", "evt_c1", "--id", "evt_c3"), ["evt_c1", "evt_c3"]),
        (("--id", "evt_c1", "--until", "1h"), []),
    ):
        before = len(read_records(kafka.bootstrap_servers, topic))
        dry = replay(tmp_path, settings, *topics, *arguments, "--dry-run")
        assert (dry["selected"], dry["published"]) == (len(expected), 0)
        assert sum(dry["types"].values()) == len(expected)
        assert len(read_records(kafka.bootstrap_servers, topic)) == before
        assert replay(tmp_path, settings, *topics, *arguments)["published"] == len(expected)
        new = sorted(read_records(kafka.bootstrap_servers, topic), key=lambda r: r.timestamp_ms)
        ids = sorted(str(r.header("ce_id")) for r in new)
        assert all(event_id in ids for event_id in expected)
        assert len(new) == before + len(expected)


def test_stripe_events_are_replayed_by_id(tmp_path: Path, kafka: KafkaBroker, topic: str) -> None:
    """They are published as by a webhook, with origin replay; an unmapped type is refused."""
    with Stripe() as stripe:
        payment = stripe.call("POST", "/v1/payment_intents", {"amount": "2000", "currency": "eur"})
        stripe.pay(payment.json["id"])
        events = stripe.call("GET", "/v1/events").json["data"]
        by_type = {event["type"]: event["id"] for event in events}
        settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
        event_id = by_type["payment_intent.succeeded"]
        for dry in (("--dry-run",), ()):
            done = run(tmp_path, ("events", "replay", "--id", event_id, "--json", *dry), settings)
            assert done.returncode == 0, done.stderr
            [row] = json.loads(done.stdout)
            assert (row["event_id"], row["published"]) == (event_id, not dry)
        [record] = read_records(kafka.bootstrap_servers, topic)
        assert (record.header("ce_id"), record.header("origin")) == (event_id, "replay")
        unmapped = run(
            tmp_path, ("events", "replay", "--id", by_type["charge.succeeded"]), settings
        )
        assert (unmapped.returncode, "not mapped" in unmapped.stderr) == (2, True)
        unknown = run(tmp_path, ("events", "replay", "--id", "evt_unknown"), settings)
        assert unknown.returncode == 4


@pytest.mark.timeout(180)
def test_a_killed_replay_resumes(
    tmp_path: Path, kafka: KafkaBroker, settings: dict[str, str], topic: str
) -> None:
    """With --resume no record is lost after SIGKILL, and at most one window is duplicated."""
    record = {"topic": topic, "partition": 0, "timestamp_ms": THEN_MS, "value": "", "headers": []}
    lines = [json.dumps({**record, "offset": n, "key": f"pi_{n}"}) for n in range(20_000)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n")
    arguments = ("events", "replay", "in.jsonl", "--resume", "state.json")
    process = Process(
        [*PAYCLI, *arguments, "--rate", "6000"],
        name="replay",
        directory=tmp_path,
        environment=settings,
    )
    wait_until((tmp_path / "state.json").exists, 20, "the checkpoint is written")
    process.kill()
    before = len(read_records(kafka.bootstrap_servers, topic))
    assert 0 < before < 20_000
    done = run(tmp_path, (*arguments, "--json"), settings)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["published"] < 20_000
    records = read_records(kafka.bootstrap_servers, topic)
    assert {r.key for r in records} == {f"pi_{n}".encode() for n in range(20_000)}
    assert len(records) - 20_000 <= KafkaPublisher.WINDOW
    assert json.loads(run(tmp_path, (*arguments, "--json"), settings).stdout)["published"] == 0
    other = run(tmp_path, (*arguments, "--payment", "pi_1"), settings)
    assert (other.returncode, "another replay" in other.stderr) == (2, True)


def test_lines_of_a_pipe_are_published_as_they_arrive(
    tmp_path: Path, kafka: KafkaBroker, settings: dict[str, str], topic: str
) -> None:
    """Each record is on the topic before the next line is written; the total is reported."""

    def is_published(value: bytes) -> bool:
        records = read_records(kafka.bootstrap_servers, topic)
        return value in [record.value for record in records]

    record = {"topic": topic, "partition": 0, "offset": 0, "timestamp_ms": THEN_MS, "key": None}
    command = [*PAYCLI, "events", "replay", "-", "--json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        for value in ("first", "second"):
            line = json.dumps({**record, "value": value, "headers": []}) + "\n"
            process.stdin.write(line.encode())
            process.stdin.flush()
            wait_until(partial(is_published, value.encode()), 20, f"the {value} is on the topic")
        out, _ = process.communicate(timeout=20)
    assert json.loads(out)["published"] == 2


def test_an_export_ends_when_its_reader_exits(
    tmp_path: Path, kafka: KafkaBroker, settings: dict[str, str], topic: str
) -> None:
    """As with `| head -1`: exit code 1, and nothing on standard error."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    for _ in range(300):
        producer.produce(topic, b"x" * 10_000)
    assert producer.flush(10) == 0
    command = [*PAYCLI, "events", "export"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())["value"] == "x" * 10_000
        process.stdout.close()
        assert process.wait(20) == 1
        assert process.stderr.read() == b""


def test_the_rate_is_kept(
    tmp_path: Path, settings: dict[str, str], source: str, topic: str
) -> None:
    """At 9 records a second, 18 records take at least 17/9 seconds."""
    started_at = time.monotonic()
    topics = ("--from-topic", source, "--topic", topic)
    assert replay(tmp_path, settings, *topics, "--rate", "9")["published"] == 18
    assert time.monotonic() - started_at >= 17 / 9


LINE = (
    '{"topic": "elsewhere", "partition": 0, "offset": 0, "timestamp_ms": 1, '
    '"key": null, "value": null, "headers": []}\n'
)


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "message"),
    [
        (("replay",), "", 2, "pass a source"),
        (("replay", "-", "--from-topic", "x"), "", 2, "one source"),
        (("replay", "none.jsonl"), "", 2, "can't be read"),
        (("replay", "-"), LINE, 2, "--topic"),
        (("replay", "--from-topic", "elsewhere"), "", 2, "--topic"),
        (("replay", "-", "--topic", "not.there"), LINE, 5, "not.there"),
        (("replay", "-", "--topic", "x"), LINE + "malformed\n", 5, "x does not exist"),
        (("replay", "-", "--topic", "x", "--dry-run"), LINE + "malformed\n", 2, "line 2"),
        (("replay", "-", "--type", "PaymentSucceded"), LINE, 2, "PaymentSucceededEvent?"),
        (("replay", "--id", "pi_1"), "", 2, "evt_"),
        (("replay", "--id", "evt_1", "--payment", "pi_1"), "", 2, "--id only"),
        (("replay", "-", "--live"), "", 2, "Stripe only"),
        (("export", "--topic", "not.there"), "", 5, "not.there"),
        (("export", "--offsets", "all"), "", 2, "PARTITION:FIRST-LAST"),
        (("export", "--file", "no/such/folder"), "", 2, "can't be written"),
    ],
)
def test_failures_have_an_exit_code_and_a_message(
    tmp_path: Path,
    settings: dict[str, str],
    arguments: tuple[str, ...],
    stdin: str,
    code: int,
    message: str,
) -> None:
    """Standard output is empty, the message names the problem, and no file is left."""
    done = run(tmp_path, ("events", *arguments), settings, stdin=stdin.encode())
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert "kafka_" not in done.stderr, "a command does not print log lines of the daemon"
    assert list(tmp_path.iterdir()) == []
