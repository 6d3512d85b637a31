"""Fills a topic, reads it and writes it again with paycli and with kcat, and compares."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from confluent_kafka import Producer

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import end_offsets, read_records

Headers = list[tuple[str, str | bytes | None]]
ROUNDS = 2
HEADERS: Headers = [(f"ce_attribute{number}", b"a value as long as most") for number in range(12)]
VALUE = json.dumps({"payment_id": "pi_3MtwBwLkdIwHu7ix28a3tqPa", "metadata": {"k": "v" * 420}})
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
    """Writes records as our own are: about 500 bytes, twelve headers."""
    producer = Producer({"bootstrap.servers": bootstrap_servers, "linger.ms": 20})
    for number in range(count):
        key = b"pi_%d" % (number % 50_000)
        while True:
            try:
                producer.produce(topic, VALUE, key, headers=HEADERS)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()


def compare(broker: KafkaBroker, folder: Path, count: int) -> None:
    """Times both in turn, ROUNDS times, and prints rates, ratios and memory."""
    servers = broker.bootstrap_servers
    settings = {"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": servers, "PAYCLI_KAFKA_TOPIC": "source"}
    paycli = [sys.executable, "-m", "paycli", "events"]
    broker.create_topic("source", config=FOREVER)
    fill(servers, "source", count)
    exported, by_kcat = folder / "paycli.jsonl", folder / "kcat.jsonl"
    plain = folder / "plain.txt"
    with plain.open("w") as file:
        file.writelines(f"pi_{number % 50_000}\t{VALUE}\n" for number in range(count))
    kcat = ["kcat", "-b", servers, "-q"]
    for round_ in range(ROUNDS):
        read = [*kcat, "-C", "-t", "source", "-J", "-o", "beginning", "-e"]
        show(f"kcat -J, round {round_}", count, timed(read, {}, by_kcat))
        show("paycli events export", count, timed([*paycli, "export"], settings, exported))
        one, other = f"by_kcat{round_}", f"by_paycli{round_}"
        broker.create_topic(one, config=FOREVER)
        broker.create_topic(other, config=FOREVER)
        write = [*kcat, "-P", "-t", one, "-K", "\t", "-l", str(plain)]
        show("kcat -P, no headers", count, timed(write, {}))
        again = [*paycli, "replay", str(exported), "--topic", other]
        show("paycli events replay", count, timed(again, settings))
        for topic in (one, other):
            found = sum(end_offsets(servers, topic).values())
            if found != count:
                raise SystemExit(f"{topic} has {found} records")


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
        compare(broker, Path(directory), count)


if __name__ == "__main__":
    main()
