"""Fills a topic, reads it and writes it again with paycli and with kcat, and compares."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from confluent_kafka import Producer

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import end_offsets, read_records

Headers = list[tuple[str, str | bytes | None]]
ROUNDS = 3
FIXED = {
    "ce_specversion": "1.0",
    "ce_type": "payments.PaymentSucceededEvent.v1",
    "ce_source": "/stripe/self/test",
    "ce_time": "2026-01-31T12:00:00Z",
    "content-type": "application/json",
    "__TypeId__": "PaymentSucceededEvent",
    "stripe_event_type": "payment_intent.succeeded",
    "stripe_api_version": "2025-03-31.basil",
    "livemode": "false",
    "origin": "webhook",
}
EXAMPLE = {**FIXED, "ce_id": "evt_" + 24 * "0", "ce_subject": "pi_12345"}
FIELDS = {"payment_id": "pi_3MtwBwLkdIwHu7ix28a3tqPa", "amount": 2000, "currency": "eur"}
VALUE = json.dumps({**FIELDS, "description": "é"}, ensure_ascii=False).ljust(599)
FOREVER = {"retention.ms": "-1", "message.timestamp.type": "CreateTime"}
ODD_TIME_MS = 1_700_000_000_000
Run = tuple[float, float]
"""Seconds, and the most memory in MiB."""


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def timed(command: list[str], environment: dict[str, str], out: Path | None = None) -> Run:
    """Runs a command to its end."""
    most_kib = 0
    started = time.perf_counter()
    with (out or Path(os.devnull)).open("wb") as target:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=target)
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            found = re.search(r"VmHWM:\s*(\d+)", status.read_text())
            most_kib = max(most_kib, int(found[1]) if found else 0)
            time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return time.perf_counter() - started, most_kib / 1024


def fill(bootstrap_servers: str, topic: str, count: int) -> None:
    """Writes records as our own are: values of 600 bytes, twelve headers, two of them unique."""
    producer = Producer({"bootstrap.servers": bootstrap_servers, "linger.ms": 20})
    for number in range(count):
        key = b"pi_%d" % (number % 50_000)
        headers: Headers = [*FIXED.items(), ("ce_id", f"evt_{number:024}"), ("ce_subject", key)]
        while True:
            try:
                producer.produce(topic, VALUE, key, headers=headers)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()


def compare(broker: KafkaBroker, folder: Path, count: int) -> None:
    """Times both in turn, ROUNDS times; prints rates and memory, and the ratios of the medians."""
    servers, source = broker.bootstrap_servers, f"source_{count}"
    settings = {"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": servers, "PAYCLI_KAFKA_TOPIC": source}
    paycli = [sys.executable, "-m", "paycli", "events"]
    broker.create_topic(source, config=FOREVER)
    fill(servers, source, count)
    exported, by_kcat = folder / "paycli.jsonl", folder / "kcat.jsonl"
    plain = folder / "plain.txt"
    with plain.open("w") as file:
        file.writelines(f"pi_{number % 50_000}\t{VALUE}\n" for number in range(count))
    kcat = ["kcat", "-b", servers, "-q"]
    # As many and as long as ours; kcat can't give each record its own.
    same_for_all = [it for header in EXAMPLE.items() for it in ("-H", "=".join(header))]
    figures: dict[str, list[float]] = {}
    for round_ in range(ROUNDS):
        copies = [f"copy{round_}_{number}" for number in range(3)]
        for copy in copies:
            broker.create_topic(copy, config=FOREVER)
        read = [*kcat, "-C", "-t", source, "-J", "-o", "beginning", "-e"]
        write = [*kcat, "-P", "-K", "\t", "-l", str(plain), "-t"]
        again = [*paycli, "replay", str(exported), "--topic", copies[2]]
        for what, command, its, out in (
            ("kcat -J", read, {}, by_kcat),
            ("paycli events export", [*paycli, "export"], settings, exported),
            ("kcat -P, no headers", [*write, copies[0]], {}, None),
            ("kcat -P, fixed headers", [*write, copies[1], *same_for_all], {}, None),
            ("paycli events replay", again, settings, None),
        ):
            run = timed(command, its, out)
            figures.setdefault(what, []).append(count / run[0])
            show(what, count, run)
        for copy in copies:
            found = sum(end_offsets(servers, copy).values())
            if found != count:
                raise SystemExit(f"{copy} has {found} records")
            broker.delete_topic(copy)
    reading, export, writing, with_headers, replay = map(median, figures.values())
    say(f"export: {export / reading:.2f} x kcat -J")
    say(f"replay: {replay / writing:.2f} x kcat -P, {replay / with_headers:.2f} with fixed headers")


def show(what: str, count: int, run: Run) -> None:
    """Prints one run."""
    seconds, memory_mib = run
    say(f"{what:22} {count / seconds:9,.0f}/s  {seconds:6.1f} s  {memory_mib:5.0f} MiB")


def what_each_keeps(broker: KafkaBroker, folder: Path) -> None:
    """Sends one odd record through each, topic to file to topic, and prints what is the same."""
    servers = broker.bootstrap_servers
    for topic in ("odd", "odd_paycli", "odd_kcat"):
        broker.create_topic(topic, partitions=1, config=FOREVER)
    producer = Producer({"bootstrap.servers": servers})
    repeated: Headers = [("a", b"1"), ("b", b"2"), ("a", b"1"), ("null", None), ("bytes", b"\xff")]
    producer.produce("odd", None, b"k\xff", timestamp=ODD_TIME_MS, headers=repeated)
    producer.produce("odd", b"line\nbreak\t\x00", None, timestamp=ODD_TIME_MS)
    producer.produce("odd", b"", b"", timestamp=ODD_TIME_MS)
    producer.flush()
    settings = {"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": servers, "PAYCLI_KAFKA_TOPIC": "odd"}
    paycli = [sys.executable, "-m", "paycli", "events"]
    timed([*paycli, "export"], settings, folder / "odd.jsonl")
    timed([*paycli, "replay", str(folder / "odd.jsonl"), "--topic", "odd_paycli"], settings)
    kcat = ["kcat", "-b", servers, "-q"]
    timed([*kcat, "-C", "-t", "odd", "-e", "-Z", "-K", "\t"], {}, folder / "odd.txt")
    arguments = ["-P", "-t", "odd_kcat", "-Z", "-K", "\t", "-l", str(folder / "odd.txt")]
    timed([*kcat, *arguments], {})
    original = read_records(servers, "odd")
    for name in ("odd_paycli", "odd_kcat"):
        copies = read_records(servers, name)
        say(f"{name}: {len(copies)} of {len(original)} records")
        for field in ("key", "value", "headers", "timestamp_ms"):
            same = [getattr(r, field) for r in copies] == [getattr(r, field) for r in original]
            say(f"  {field:13} {'kept' if same else 'not kept'}")


def main() -> None:
    """Prints all figures."""
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory, KafkaBroker() as broker:
        what_each_keeps(broker, Path(directory))
        for size in (count // 10, count):
            say(f"{size:,} records")
            compare(broker, Path(directory), size)


if __name__ == "__main__":
    main()
