"""A backfill at full size: exactly what is missing, nothing twice, whole after every kill."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

from confluent_kafka import Consumer, Producer, TopicPartition

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.stripe import SECRET_KEY, Stripe
from paycli.adapters.kafka.publisher import KafkaPublisher
from paycli.sandbox.standin.resources.payment_objects import PaymentIntentState

MISSING = 1000
OLDEST = {"type": "payment_intent.created"}
FULL, EMPTY = "full", "empty"
PARTITIONS = 3
COMMAND = [sys.executable, "-m", "paycli", "events", "backfill", "--since", "1h", "--json"]


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def happen(stripe: Stripe, count: int) -> list[str]:
    """Lets so many events happen; returns their ids."""
    made = stripe.call("POST", "/v1/payment_intents", {"amount": "2000", "currency": "eur"})

    def emit(some: int) -> list[str]:
        intent = stripe.store.objects[made.json["id"]]
        assert isinstance(intent, PaymentIntentState)
        return [stripe.store.emit("payment_intent.succeeded", intent).id for _ in range(some)]

    # A part at a time: the stand-in's thread has a deadline for what it is asked to do.
    found = [it for _ in range(count // 1000) for it in stripe.run_in_loop(lambda: emit(1000))]
    [created] = [it["id"] for it in stripe.call("GET", "/v1/events", OLDEST).json["data"]]
    return [created, *found]


def put(broker: KafkaBroker, topic: str, event_ids: list[str]) -> None:
    """Lets the topic hold these events, as far as a backfill looks at them."""
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "linger.ms": 20})
    for event_id in event_ids:
        producer.produce(topic, b"{}", b"pi", headers=[("ce_id", event_id.encode())])
        producer.poll(0)
    producer.flush()


def on(broker: KafkaBroker, topic: str) -> Counter[str]:
    """How often each event is on the topic."""
    records = read_records(broker.bootstrap_servers, topic)
    return Counter(str(record.header("ce_id")) for record in records)


def environment(broker: KafkaBroker, stripe: Stripe, topic: str) -> dict[str, str]:
    """The settings of a run."""
    return {
        "PATH": os.environ["PATH"],
        "PAYCLI_STRIPE_API_KEY": SECRET_KEY,
        "PAYCLI_STRIPE_API_BASE": stripe.url,
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "PAYCLI_KAFKA_TOPIC": topic,
    }


def run(broker: KafkaBroker, stripe: Stripe, topic: str) -> tuple[int, int]:
    """One whole run: how many were missing, how many were published."""
    began = time.monotonic()
    done = subprocess.run(
        COMMAND, env=environment(broker, stripe, topic), capture_output=True, check=True
    )
    report = json.loads(done.stdout)
    seconds = time.monotonic() - began
    say(f"{topic}: missing {report['missing']}, published {report['published']}, {seconds:.0f} s")
    return report["missing"], report["published"]


def killed(broker: KafkaBroker, stripe: Stripe, topic: str, chance: random.Random) -> bool:
    """One run that ends by kill -9 within 0.04 s of its first record; False if it ended before."""
    watcher = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": "watcher"})
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]

    def count() -> int:
        return sum(watcher.get_watermark_offsets(it, timeout=10)[1] for it in places)

    before = count()
    started = subprocess.Popen(
        COMMAND,
        env=environment(broker, stripe, topic),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while started.poll() is None and count() == before:
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.04))
    started.kill()
    struck = started.wait() == -signal.SIGKILL
    say(f"{topic}: {'killed' if struck else 'ended'} with {count()} records, {before} before")
    watcher.close()
    return struck


def main() -> None:
    """Prints what was counted, and ends with 1 where it is not what was promised."""
    count, kills = int(sys.argv[1]), int(sys.argv[2])
    chance = random.Random(1)  # noqa: S311  (which are missing, the same each time)
    with KafkaBroker() as broker, Stripe(remembered_events=2 * count) as stripe:
        for topic in (FULL, EMPTY):
            broker.create_topic(topic, PARTITIONS)
            broker.create_topic(f"{topic}.unreadable")
        happened = happen(stripe, count)
        missing = set(chance.sample(happened, MISSING))
        put(broker, FULL, [it for it in happened if it not in missing])
        good = run(broker, stripe, FULL) == (MISSING, MISSING)
        good &= on(broker, FULL) == Counter(happened)
        good &= run(broker, stripe, FULL) == (0, 0)
        struck = sum(killed(broker, stripe, EMPTY, chance) for _ in range(kills))
        run(broker, stripe, EMPTY)
        found = on(broker, EMPTY)
        twice = found.total() - len(found)
        most = kills * KafkaPublisher.WINDOW
        say(f"{EMPTY}: {len(found)} events after {struck} kills, {twice} twice, at most {most}")
        good &= struck == kills and set(found) == set(happened) and twice <= most
    say("as promised" if good else "NOT as promised")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
