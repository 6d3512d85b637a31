"""The lower bounds of a service: an empty handler, and the raw acknowledgement of a record.

Two WSGI applications: `empty`, and `acknowledged`, which publishes a record unrelated to the
request. As a program it measures acknowledgements without a server: it takes the same job on
standard input and writes the same result to standard output as tests/bench/go/load. SERVERS and
TOPIC come from the environment.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

ACK_TIMEOUT_SECONDS = 5
KEY = "pi_000000000000000000000000"
VALUE = b"x" * 420
HEADERS: list[tuple[str, str | bytes | None]] = [
    (f"ce_attribute{number}", b"a value as long as most") for number in range(12)
]
"""As large as the records of the contestants."""
SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999, "max": 1.0}

Start = Callable[[str, list[tuple[str, str]]], Any]
Report = Callable[[KafkaError | None, Message], None]


def empty(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """Read the body and respond."""
    environ["wsgi.input"].read()
    return _respond(start, "200 OK")


def acknowledged(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """Read the body, wait for a record's acknowledgement, and respond."""
    environ["wsgi.input"].read()
    report = threading.Lock()
    report.acquire()
    errors: list[KafkaError | None] = []

    def delivered(error: KafkaError | None, _message: Message) -> None:
        errors.append(error)
        report.release()

    _produce(delivered)
    in_time = report.acquire(timeout=ACK_TIMEOUT_SECONDS)
    return _respond(start, "200 OK" if in_time and errors == [None] else "503 Service Unavailable")


def _respond(start: Start, status: str) -> list[bytes]:
    body = b'{"event_id":"evt_000000000000000000000000","outcome":"published"}'
    start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


@cache
def _producer() -> Producer:
    producer = Producer(
        {
            "bootstrap.servers": os.environ["SERVERS"],
            "enable.idempotence": True,
            "linger.ms": 0,
            "partitioner": "murmur2_random",
        }
    )

    def poll() -> None:
        while True:
            producer.poll(1)

    threading.Thread(target=poll, daemon=True).start()
    return producer


def _produce(report: Report) -> None:
    _producer().produce(os.environ["TOPIC"], VALUE, KEY, headers=HEADERS, on_delivery=report)


def measure(rate: float, count: int, seconds: float, in_flight: int) -> dict[str, Any]:
    """Publish records at a rate, or with rate 0 with `in_flight` of them in flight all the time."""
    times: list[float] = []
    failures: list[str] = []
    slots = threading.Semaphore(in_flight)

    def send(due: float) -> None:
        def delivered(error: KafkaError | None, _message: Message) -> None:
            if error is None:
                times.append(1000 * (time.perf_counter() - due))
            else:
                failures.append(error.name())
            slots.release()

        _produce(delivered)

    # The first record includes connecting, metadata and the producer id, so it does not count.
    slots.acquire()
    send(time.perf_counter())
    _producer().flush()
    times.clear()
    started = time.perf_counter()
    for number in range(count):
        due = time.perf_counter()
        if rate:
            due = started + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
        elif due - started > seconds:
            break
        else:
            slots.acquire()
            due = time.perf_counter()
        send(due)
    _producer().flush()
    took = time.perf_counter() - started
    times.sort()
    last = len(times) - 1
    return {
        "accepted": [],
        "responses": {"200": len(times)},
        "failures": {name: failures.count(name) for name in failures},
        "seconds": took,
        "times_ms": {name: times[min(int(s * len(times)), last)] for name, s in SHARES.items()},
        "late_ms": {},
    }


if __name__ == "__main__":
    job = json.load(sys.stdin)
    json.dump(measure(job["rate"], job["count"], job["seconds"], job["connections"]), sys.stdout)
