"""Compares export and replay with kcat: rates, memory, and what each keeps of a record."""

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
from harness.kafka_records import ConsumedRecord, end_offsets, read_records
from harness.measurements import Table, record
from harness.progress import print_line

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
KEEP_FOREVER = {"retention.ms": "-1", "message.timestamp.type": "CreateTime"}
UNUSUAL_TIME_MS = 1_700_000_000_000
FIELDS_OF_A_RECORD = ("key", "value", "headers", "timestamp_ms")
Run = tuple[float, float]
"""Duration in seconds and peak memory in MiB."""


def measure(command: list[str], environment: dict[str, str], out: Path | None = None) -> Run:
    """Runs a command, with its standard output in `out`, and measures it."""
    peak_kib = 0
    started = time.perf_counter()
    with (out or Path(os.devnull)).open("wb") as target:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=target)
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            match = re.search(r"VmHWM:\s*(\d+)", status.read_text())
            peak_kib = max(peak_kib, int(match[1]) if match else 0)
            time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"{command} exited with {process.returncode}")
    return time.perf_counter() - started, peak_kib / 1024


def fill(bootstrap_servers: str, topic: str, count: int) -> None:
    """Writes records like the product's: 600 bytes, twelve headers, two of them unique."""
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
    """Measures each command ROUNDS times; prints rates, memory, and the ratios of the medians."""
    servers, source = broker.bootstrap_servers, f"source_{count}"
    settings = {"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": servers, "PAYCLI_KAFKA_TOPIC": source}
    paycli = [sys.executable, "-m", "paycli", "events"]
    broker.create_topic(source, config=KEEP_FOREVER)
    fill(servers, source, count)
    exported, by_kcat = folder / "paycli.jsonl", folder / "kcat.jsonl"
    plain = folder / "plain.txt"
    with plain.open("w") as file:
        file.writelines(f"pi_{number % 50_000}\t{VALUE}\n" for number in range(count))
    kcat = ["kcat", "-b", servers, "-q"]
    # The same number and size as the product's; kcat cannot set different ones per record.
    fixed_headers = [it for header in EXAMPLE.items() for it in ("-H", "=".join(header))]
    figures: dict[str, list[float]] = {}
    memory: dict[str, float] = {}
    for round_ in range(ROUNDS):
        copies = [f"copy{round_}_{number}" for number in range(3)]
        for copy in copies:
            broker.create_topic(copy, config=KEEP_FOREVER)
        read = [*kcat, "-C", "-t", source, "-J", "-o", "beginning", "-e"]
        write = [*kcat, "-P", "-K", "\t", "-l", str(plain), "-t"]
        replay_to_copy = [*paycli, "replay", str(exported), "--topic", copies[2]]
        for name, command, environment, out in (
            ("kcat -J", read, {}, by_kcat),
            ("paycli events export", [*paycli, "export"], settings, exported),
            ("kcat -P, no headers", [*write, copies[0]], {}, None),
            ("kcat -P, fixed headers", [*write, copies[1], *fixed_headers], {}, None),
            ("paycli events replay", replay_to_copy, settings, None),
        ):
            run = measure(command, environment, out)
            figures.setdefault(name, []).append(count / run[0])
            memory[name] = max(memory.get(name, 0), run[1])
            print_run(name, count, run)
        for copy in copies:
            written = sum(end_offsets(servers, copy).values())
            if written != count:
                raise SystemExit(f"{copy} has {written} records instead of {count}")
            broker.delete_topic(copy)
    reading, export, writing, with_headers, replay = map(median, figures.values())
    rows = [
        [
            name,
            f"{median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})",
            f"{memory[name]:.0f}",
        ]
        for name, rates in figures.items()
    ]
    record(Table(f"{count:,} records", ["", "records a second", "largest memory, MiB"], rows))
    print_line(f"export: {export / reading:.2f} x kcat -J")
    print_line(
        f"replay: {replay / writing:.2f} x kcat -P, {replay / with_headers:.2f} with fixed headers"
    )


def print_run(name: str, count: int, run: Run) -> None:
    """Prints the rate, duration and memory of a run."""
    seconds, memory_mib = run
    print_line(f"{name:22} {count / seconds:9,.0f}/s  {seconds:6.1f} s  {memory_mib:5.0f} MiB")


def compare_records(broker: KafkaBroker, folder: Path) -> None:
    """Copies unusual records from topic to file to topic with each, and prints what is kept."""
    servers = broker.bootstrap_servers
    for topic in ("unusual", "unusual_paycli", "unusual_kcat"):
        broker.create_topic(topic, partitions=1, config=KEEP_FOREVER)
    producer = Producer({"bootstrap.servers": servers})
    repeated: Headers = [("a", b"1"), ("b", b"2"), ("a", b"1"), ("null", None), ("bytes", b"\xff")]
    producer.produce("unusual", None, b"k\xff", timestamp=UNUSUAL_TIME_MS, headers=repeated)
    producer.produce("unusual", b"line\nbreak\t\x00", None, timestamp=UNUSUAL_TIME_MS)
    producer.produce("unusual", b"", b"", timestamp=UNUSUAL_TIME_MS)
    producer.flush()
    settings = {"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": servers, "PAYCLI_KAFKA_TOPIC": "unusual"}
    paycli = [sys.executable, "-m", "paycli", "events"]
    measure([*paycli, "export"], settings, folder / "unusual.jsonl")
    measure(
        [*paycli, "replay", str(folder / "unusual.jsonl"), "--topic", "unusual_paycli"], settings
    )
    kcat = ["kcat", "-b", servers, "-q"]
    measure([*kcat, "-C", "-t", "unusual", "-e", "-Z", "-K", "\t"], {}, folder / "unusual.txt")
    arguments = ["-P", "-t", "unusual_kcat", "-Z", "-K", "\t", "-l", str(folder / "unusual.txt")]
    measure([*kcat, *arguments], {})
    original = read_records(servers, "unusual")
    kept = {
        name: [_kept(field, original, read_records(servers, topic)) for field in FIELDS_OF_A_RECORD]
        for name, topic in (
            ("export and replay", "unusual_paycli"),
            ("kcat -C -Z -K, kcat -P -Z -K", "unusual_kcat"),
        )
    }
    rows = [[name, *results] for name, results in kept.items()]
    for row in rows:
        print_line("  ".join(row))
    title = "Kept of unusual records from topic to file to topic"
    record(Table(title, ["", *FIELDS_OF_A_RECORD], rows))


def _kept(field: str, original: list[ConsumedRecord], copies: list[ConsumedRecord]) -> str:
    same = [getattr(r, field) for r in copies] == [getattr(r, field) for r in original]
    return "yes" if same else "no"


def main() -> None:
    """Prints all figures for a tenth of the records and for all of them."""
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory, KafkaBroker() as broker:
        compare_records(broker, Path(directory))
        for size in (count // 10, count):
            print_line(f"{size:,} records")
            compare(broker, Path(directory), size)


if __name__ == "__main__":
    main()
