"""Topic to file to topic is identical to the byte; a replay does what was asked for, no more."""

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
ODD: list[tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]] = [
    (b"pi_1", b'{"a": 1}', [("ce_id", b"evt_1"), ("__TypeId__", b"PaymentSucceededEvent")]),
    (None, b"no key", []),
    (b"pi_1", None, [("ce_id", b"evt_1")]),
    (b"", b"", [("empty", b""), ("null", None)]),
    (b"\xff\xfe", b"\x00\x01\x80", [("bytes", b"\xff"), ("b", b"1"), ("a", b"2"), ("b", b"1")]),
    ("ключ".encode(), "prix: 20 €\u2028\n".encode(), [("ключ", "€".encode())]),
]


@pytest.fixture
def settings(kafka: KafkaBroker, topic: str) -> dict[str, str]:
    """Give the settings of a topic that holds nothing yet."""
    return daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, topic)


@pytest.fixture
def odd(kafka: KafkaBroker, topic: str) -> str:
    """Give a topic of seven partitions, some of them empty, with all that a record can be."""
    name = f"{topic}.odd"
    kafka.create_topic(name, partitions=7)
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    for number, (key, value, headers) in enumerate(ODD * 3):
        at = THEN_MS + 1000 * number
        producer.produce(name, value, key, number % 5, timestamp=at, headers=list(headers))
    assert producer.flush(10) == 0
    return name


def content(records: list[ConsumedRecord], *, places: bool = True) -> list[Any]:
    """What is to stay as it is; with the partition, and in its order."""
    told = [(r.key, r.value, r.headers, r.timestamp_ms) for r in records]
    return [(r.partition, *it) for r, it in zip(records, told, strict=True)] if places else told


def export(folder: Path, settings: dict[str, str], *arguments: str) -> list[dict[str, Any]]:
    """Export to standard output."""
    done = run(folder, ("events", "export", *arguments), settings)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def replay(folder: Path, settings: dict[str, str], *arguments: str) -> dict[str, Any]:
    """Replay, and return what it said."""
    done = run(folder, ("events", "replay", *arguments, "--json"), settings)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_topic_to_file_to_topic_is_identical(
    tmp_path: Path, kafka: KafkaBroker, settings: dict[str, str], odd: str
) -> None:
    """Keys, values, nulls, headers with repeats and order, and times are the same to the byte."""
    copy = f"{odd}.copy"
    kafka.create_topic(copy, partitions=7)
    done = run(tmp_path, ("events", "export", "--topic", odd, "--file", "odd.jsonl"), settings)
    assert done.returncode == 0, done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["odd.jsonl"]
    told = replay(tmp_path, settings, "odd.jsonl", "--topic", copy, "--keep-partitions")
    assert (told["selected"], told["published"]) == (18, 18)
    original = read_records(kafka.bootstrap_servers, odd)
    assert len(original) == 18
    assert content(read_records(kafka.bootstrap_servers, copy)) == content(original)
    again = run(tmp_path, ("events", "export", "--topic", odd, "--file", "odd.jsonl"), settings)
    assert again.returncode == 2, "a file is never overwritten"


def test_topic_to_topic_is_identical(
    tmp_path: Path, kafka: KafkaBroker, settings: dict[str, str], odd: str, topic: str
) -> None:
    """Without --keep-partitions the key decides, as it did for Java's producers."""
    told = replay(tmp_path, settings, "--from-topic", odd, "--topic", topic)
    assert told["published"] == 18
    copies = read_records(kafka.bootstrap_servers, topic)
    originals = read_records(kafka.bootstrap_servers, odd)
    assert sorted(map(str, content(copies, places=False))) == sorted(
        map(str, content(originals, places=False))
    )
    assert len({r.partition for r in copies if r.key == b"pi_1"}) == 1


def test_windows_by_time_and_offset(tmp_path: Path, settings: dict[str, str], odd: str) -> None:
    """A time window has what lies in it, its end not; offsets include both ends."""
    early, late = (f"{(THEN_MS + 1000 * n) // 1000 + 1}" for n in (2, 6))
    found = export(tmp_path, settings, "--topic", odd, "--since", early, "--until", late)
    times = {line["timestamp_ms"] for line in found}
    assert times == {THEN_MS + 1000 * n for n in (3, 4, 5, 6)}
    found = export(tmp_path, settings, "--topic", odd, "--offsets", "0:1-2", "--offsets", "3:2-")
    assert {(it["partition"], it["offset"]) for it in found} == {(0, 1), (0, 2), (3, 2)}
    assert export(tmp_path, settings, "--topic", odd, "--offsets", "6:") == []


def test_gaps_in_offsets_are_read_over(
    tmp_path: Path, kafka: KafkaBroker, settings: dict[str, str], topic: str
) -> None:
    """A transaction's marks take offsets without being records: the export ends, and is whole."""
    name = f"{topic}.marks"
    kafka.create_topic(name, partitions=1)
    config = {"bootstrap.servers": kafka.bootstrap_servers, "transactional.id": name}
    producer = Producer(config)
    producer.init_transactions(20)
    for number in range(3):
        producer.begin_transaction()
        producer.produce(name, b"%d" % number)
        producer.flush(20)
        (producer.abort_transaction if number == 1 else producer.commit_transaction)(20)
    found = export(tmp_path, settings, "--topic", name)
    assert [it["value"] for it in found] == ["0", "2"]
    assert [it["offset"] for it in found] == [0, 4]


def test_only_what_is_chosen_is_replayed(
    tmp_path: Path, kafka: KafkaBroker, service: Service, settings: dict[str, str], topic: str
) -> None:
    """By id, payment, type and time; a dry run counts the same and publishes nothing."""
    service.deliver_payment_event("evt_c1", "pi_c1")
    service.deliver_payment_event("evt_c2", "pi_c2")
    service.deliver_payment_event("evt_c3", "pi_c2", type="payment_intent.canceled")
    source = ("--from-topic", service.topic, "--topic", topic)
    for arguments, expected in (
        (("--payment", "pi_c2"), ["evt_c2", "evt_c3"]),
        (("--payment", "pi_c2", "--type", "PaymentCanceledEvent"), ["evt_c3"]),
        (("--payment", "pi_c2", "--type", "payment_intent.succeeded"), ["evt_c2"]),
        (("--id", "evt_c1", "--id", "evt_c3"), ["evt_c1", "evt_c3"]),
        (("--id", "evt_c1", "--until", "1h"), []),
    ):
        before = len(read_records(kafka.bootstrap_servers, topic))
        dry = replay(tmp_path, settings, *source, *arguments, "--dry-run")
        assert (dry["selected"], dry["published"]) == (len(expected), 0)
        assert sum(dry["types"].values()) == len(expected)
        assert len(read_records(kafka.bootstrap_servers, topic)) == before
        assert replay(tmp_path, settings, *source, *arguments)["published"] == len(expected)
        new = sorted(read_records(kafka.bootstrap_servers, topic), key=lambda r: r.timestamp_ms)
        ids = sorted(str(r.header("ce_id")) for r in new)
        assert all(it in ids for it in expected)
        assert len(new) == before + len(expected)


def test_events_of_stripe_are_told_again(tmp_path: Path, kafka: KafkaBroker, topic: str) -> None:
    """By id they go where a webhook's would, as a replay; what is not told is refused."""
    with Stripe() as stripe:
        made = stripe.call("POST", "/v1/payment_intents", {"amount": "2000", "currency": "eur"})
        stripe.pay(made.json["id"])
        events = stripe.call("GET", "/v1/events").json["data"]
        by_type = {event["type"]: event["id"] for event in events}
        settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
        wanted = by_type["payment_intent.succeeded"]
        for dry in (("--dry-run",), ()):
            done = run(tmp_path, ("events", "replay", "--id", wanted, "--json", *dry), settings)
            assert done.returncode == 0, done.stderr
            [row] = json.loads(done.stdout)
            assert (row["event_id"], row["published"]) == (wanted, not dry)
        [record] = read_records(kafka.bootstrap_servers, topic)
        assert (record.header("ce_id"), record.header("origin")) == (wanted, "replay")
        untold = run(tmp_path, ("events", "replay", "--id", by_type["charge.succeeded"]), settings)
        assert (untold.returncode, "not mapped" in untold.stderr) == (2, True)
        unknown = run(tmp_path, ("events", "replay", "--id", "evt_nobody"), settings)
        assert unknown.returncode == 4


@pytest.mark.timeout(180)
def test_a_replay_that_was_killed_goes_on(
    tmp_path: Path, kafka: KafkaBroker, settings: dict[str, str], topic: str
) -> None:
    """With --resume nothing is left out after kill -9, and at most a window comes twice."""
    record = {"topic": topic, "partition": 0, "timestamp_ms": THEN_MS, "value": "", "headers": []}
    lines = [json.dumps({**record, "offset": n, "key": f"pi_{n}"}) for n in range(20_000)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n")
    arguments = ("events", "replay", "in.jsonl", "--resume", "state.json")
    slow = Process(
        [*PAYCLI, *arguments, "--rate", "6000"],
        name="slow",
        directory=tmp_path,
        environment=settings,
    )
    wait_until((tmp_path / "state.json").exists, 20, "it has come some way")
    slow.kill()
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


def test_lines_of_a_pipe_are_published_as_they_come(
    tmp_path: Path, kafka: KafkaBroker, settings: dict[str, str], topic: str
) -> None:
    """Each is on the topic before the next one is written, and at the end all are told."""

    def is_there(value: bytes) -> bool:
        return value in [it.value for it in read_records(kafka.bootstrap_servers, topic)]

    record = {"topic": topic, "partition": 0, "offset": 0, "timestamp_ms": THEN_MS, "key": None}
    command = [*PAYCLI, "events", "replay", "-", "--json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as replaying:
        assert replaying.stdin
        for value in ("first", "second"):
            line = json.dumps({**record, "value": value, "headers": []}) + "\n"
            replaying.stdin.write(line.encode())
            replaying.stdin.flush()
            wait_until(partial(is_there, value.encode()), 20, f"the {value} is on the topic")
        out, _ = replaying.communicate(timeout=20)
    assert json.loads(out)["published"] == 2


def test_an_export_ends_when_nobody_reads_it(
    tmp_path: Path, kafka: KafkaBroker, settings: dict[str, str], topic: str
) -> None:
    """As with `| head -1`: exit code 1, nothing more on standard error."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    for _ in range(300):
        producer.produce(topic, b"x" * 10_000)
    assert producer.flush(10) == 0
    command = [*PAYCLI, "events", "export"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as exporting:
        assert exporting.stdout
        assert exporting.stderr
        assert json.loads(exporting.stdout.readline())["value"] == "x" * 10_000
        exporting.stdout.close()
        assert exporting.wait(20) == 1
        assert exporting.stderr.read() == b""


def test_a_rate_is_kept(tmp_path: Path, settings: dict[str, str], odd: str, topic: str) -> None:
    """At 9 a second 18 records take two seconds, less the first one's."""
    began = time.monotonic()
    source = ("--from-topic", odd, "--topic", topic)
    assert replay(tmp_path, settings, *source, "--rate", "9")["published"] == 18
    assert time.monotonic() - began >= 17 / 9


LINE = (
    '{"topic": "elsewhere", "partition": 0, "offset": 0, "timestamp_ms": 1, '
    '"key": null, "value": null, "headers": []}\n'
)


@pytest.mark.parametrize(
    ("arguments", "given", "code", "says"),
    [
        (("replay",), "", 2, "pass a source"),
        (("replay", "-", "--from-topic", "x"), "", 2, "one source"),
        (("replay", "none.jsonl"), "", 2, "can't be read"),
        (("replay", "-"), LINE, 2, "--topic"),
        (("replay", "--from-topic", "elsewhere"), "", 2, "--topic"),
        (("replay", "-", "--topic", "not.there"), LINE, 5, "not.there"),
        (("replay", "-", "--topic", "x"), LINE + "rubbish\n", 5, "x does not exist"),
        (("replay", "-", "--topic", "x", "--dry-run"), LINE + "rubbish\n", 2, "line 2"),
        (("replay", "-", "--type", "PaymentSucceded"), LINE, 2, "PaymentSucceededEvent?"),
        (("replay", "--id", "pi_1"), "", 2, "evt_"),
        (("replay", "--id", "evt_1", "--payment", "pi_1"), "", 2, "--id only"),
        (("replay", "-", "--live"), "", 2, "Stripe only"),
        (("export", "--topic", "not.there"), "", 5, "not.there"),
        (("export", "--offsets", "all"), "", 2, "PARTITION:FIRST-LAST"),
        (("export", "--file", "no/such/folder"), "", 2, "can't be written"),
    ],
)
def test_what_is_wrong_has_its_exit_code(
    tmp_path: Path,
    settings: dict[str, str],
    arguments: tuple[str, ...],
    given: str,
    code: int,
    says: str,
) -> None:
    """Each mistake is told in a sentence, and nothing is left behind."""
    done = run(tmp_path, ("events", *arguments), settings, stdin=given.encode())
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert says in " ".join(done.stderr.replace("│", " ").split())
    assert "kafka_" not in done.stderr, "the daemon's log lines are none of a command's"
    assert list(tmp_path.iterdir()) == []
