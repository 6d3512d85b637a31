"""Checks a backfill at full size: complete, without duplicates, and after being killed."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.measurements import figures, record
from harness.processes import Process
from harness.progress import print_line
from harness.stripe import SECRET_KEY, Stripe
from paycli.adapters.kafka.publisher import KafkaPublisher
from paycli.sandbox.standin.resources.payment_objects import PaymentIntentState

MISSING = 1000
EVENTS_PER_CALL = 1000
OLDEST = {"type": "payment_intent.created"}
COMPLETE, EMPTY = "complete", "empty"
PARTITIONS = 3
COMMAND = [sys.executable, "-m", "paycli", "events", "backfill", "--since", "1h", "--json"]


def create_events(stripe: Stripe, count: int) -> list[str]:
    """Creates events at the Stripe stand-in and returns their ids."""
    payment = stripe.call("POST", "/v1/payment_intents", {"amount": "2000", "currency": "eur"})

    def emit() -> list[str]:
        intent = stripe.store.objects[payment.json["id"]]
        assert isinstance(intent, PaymentIntentState)
        return [
            stripe.store.emit("payment_intent.succeeded", intent).id for _ in range(EVENTS_PER_CALL)
        ]

    # In parts, because each call on the stand-in's thread has a timeout.
    emitted = [
        event_id for _ in range(count // EVENTS_PER_CALL) for event_id in stripe.run_in_loop(emit)
    ]
    [created] = [event["id"] for event in stripe.call("GET", "/v1/events", OLDEST).json["data"]]
    return [created, *emitted]


def write_records(broker: KafkaBroker, topic: str, event_ids: list[str]) -> None:
    """Writes a record for each event, with only what a backfill reads of it."""
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "linger.ms": 20})
    for event_id in event_ids:
        producer.produce(topic, b"{}", b"pi", headers=[("ce_id", event_id.encode())])
        producer.poll(0)
    producer.flush()


def count_events(broker: KafkaBroker, topic: str) -> Counter[str]:
    """Returns how often each event is on the topic."""
    records = read_records(broker.bootstrap_servers, topic)
    return Counter(str(record.header("ce_id")) for record in records)


def settings(broker: KafkaBroker, stripe: Stripe, topic: str) -> dict[str, str]:
    """Returns the environment of a backfill."""
    return {
        "PATH": os.environ["PATH"],
        "PAYCLI_STRIPE_API_KEY": SECRET_KEY,
        "PAYCLI_STRIPE_API_BASE": stripe.url,
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "PAYCLI_KAFKA_TOPIC": topic,
    }


def run(broker: KafkaBroker, stripe: Stripe, topic: str) -> tuple[int, int, float]:
    """Runs a complete backfill and returns how many were missing and published, and the seconds."""
    started = time.monotonic()
    completed = subprocess.run(
        COMMAND, env=settings(broker, stripe, topic), capture_output=True, check=True
    )
    result = json.loads(completed.stdout)
    seconds = time.monotonic() - started
    missing, published = result["missing"], result["published"]
    print_line(f"{topic}: missing {missing}, published {published}, {seconds:.0f} s")
    return missing, published, seconds


def run_and_kill(broker: KafkaBroker, stripe: Stripe, topic: str, rng: random.Random) -> bool:
    """Kills a backfill within 0.04 s of its first record; returns False if it exited before."""
    observer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": "observer"})
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]

    def count_records() -> int:
        offsets = (observer.get_watermark_offsets(it, timeout=10) for it in partitions)
        return sum(end for _, end in offsets)

    before = count_records()
    environment = settings(broker, stripe, topic)
    with tempfile.TemporaryDirectory() as directory:
        process = Process(
            COMMAND, name="backfill", directory=Path(directory), environment=environment
        )
        with process:
            while process.exit_code() is None and count_records() == before:
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 0.04))
    was_killed = process.exit_code() == -signal.SIGKILL
    outcome = "killed" if was_killed else "exited"
    print_line(f"{topic}: {outcome} with {count_records()} records, {before} before")
    observer.close()
    return was_killed


def main() -> None:
    """Prints all counts and exits with 1 if one of them is not as documented."""
    count, kills = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(1)  # noqa: S311  (the same choice in each run, no secret)
    with KafkaBroker() as broker, Stripe(remembered_events=2 * count) as stripe:
        for topic in (COMPLETE, EMPTY):
            broker.create_event_topics(topic, PARTITIONS)
        events = create_events(stripe, count)
        missing = set(rng.sample(events, MISSING))
        write_records(broker, COMPLETE, [it for it in events if it not in missing])
        *first, seconds = run(broker, stripe, COMPLETE)
        correct = first == [MISSING, MISSING]
        correct &= count_events(broker, COMPLETE) == Counter(events)
        *second, _ = run(broker, stripe, COMPLETE)
        correct &= second == [0, 0]
        killed = sum(run_and_kill(broker, stripe, EMPTY, rng) for _ in range(kills))
        run(broker, stripe, EMPTY)
        on_topic = count_events(broker, EMPTY)
        duplicates = on_topic.total() - len(on_topic)
        limit = kills * KafkaPublisher.WINDOW
        print_line(
            f"{EMPTY}: {len(on_topic)} events after {killed} kills, {duplicates} duplicates, "
            f"at most {limit} allowed"
        )
        correct &= killed == kills and set(on_topic) == set(events) and duplicates <= limit
        measured = {
            "events at Stripe": len(events),
            "of them missing on the topic": MISSING,
            "published by the first backfill": first[1],
            "published by a second one": second[1],
            "seconds of the first": seconds,
            "backfills killed on an empty topic": killed,
            "events on the topic after one more": len(on_topic),
            "records that are there twice": duplicates,
            "of which are allowed": limit,
        }
        record(figures("Backfill", measured))
    print_line("correct" if correct else "INCORRECT")
    sys.exit(0 if correct else 1)


if __name__ == "__main__":
    main()
