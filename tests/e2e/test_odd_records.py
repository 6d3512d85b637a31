"""Records of other producers, on a real topic: each command shows the good one next to them."""

import json
from pathlib import Path

import pytest
from confluent_kafka import Producer

from harness.command_line import PAYCLI, run
from harness.kafka_broker import KafkaBroker
from harness.terminal import run_in_terminal
from service import daemon_settings

GOOD = b'{"payment_id": "pi_1", "amount": 5, "currency": "eur", "reference": "booking-42"}'
ODD = [
    b'"\\ud800"',
    b"[" * 100_000,
    b"NaN",
    b'{"amount": 1e999, "currency": "eur"}',
    b'{"payment_id": [], "amount": true, "currency": {}}',
    '{"reference": "\x1b[2J\x9b2J\u2028\u202e"}'.encode(),
    b"\xff",
]
Headers = list[tuple[str, str | bytes | None]]
GOOD_HEADERS: Headers = [("ce_id", b"evt_1"), ("__TypeId__", b"PaymentSucceededEvent")]
ODD_HEADERS: Headers = [("ce_time", b"\x1b]0;x\x07"), ("origin", "\x9b\u202e".encode())]


@pytest.fixture
def settings(kafka: KafkaBroker, topic: str) -> dict[str, str]:
    """Give the settings of a topic with one good record between odd ones."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    for value in (*ODD, GOOD, *ODD):
        odd = value != GOOD
        producer.produce(topic, value, "pi_1", headers=GOOD_HEADERS + ODD_HEADERS * odd)
    assert producer.flush(10) == 0
    settings = daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, topic)
    return {**settings, "TERM": "xterm", "NO_COLOR": "1"}


COMMANDS = [
    ("events", "tail", "--from-beginning", "--exit"),
    ("events", "list"),
    ("events", "show", "evt_1"),
    ("events", "export"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[1])
def test_odd_records_do_not_end_a_command(
    settings: dict[str, str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    """All records are in the output, which is JSON without NaN."""
    json_format = () if command[1] == "export" else ("-o", "ndjson")
    done = run(tmp_path, (*command, *json_format), settings)
    assert done.returncode == 0, done.stderr
    lines = [
        json.loads(line, parse_constant=pytest.fail) for line in done.stdout.split("\n") if line
    ]
    records = lines[0]["records"] if command[1] == "show" else lines
    assert len(records) == 2 * len(ODD) + 1
    assert command[1] == "show" or "booking-42" in done.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[1])
def test_odd_records_do_not_control_a_terminal(
    settings: dict[str, str], command: tuple[str, ...]
) -> None:
    """What a terminal gets has only printable characters."""
    code, lines = run_in_terminal([*PAYCLI, *command], 200, settings)
    assert code == 0, lines
    assert len(lines) > 4
    assert [line for line in lines if not line.isprintable()] == []
