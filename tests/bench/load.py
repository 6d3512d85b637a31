"""Runs the load generator, tests/bench/go/load, and returns what it has seen."""

import json
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.tools import bench_go

OPEN_CONNECTIONS = 64
CLOSED_CONNECTIONS = 32
TIMEOUT_SECONDS = 15.0
MOST_PER_SECOND = 25_000
"""How many requests are prepared for each second of a closed loop."""
GRACE_SECONDS = 120.0


@dataclass(frozen=True)
class Requests:
    """What is sent: all alike but for `{name}` in headers and body; signed if there is a secret."""

    path: str
    headers: Sequence[str]
    body: str
    secret: str = ""


@dataclass(frozen=True)
class RateLimiter:
    """How it is sent: at a rate, or, with 0, by so many connections without a pause."""

    rate: float
    seconds: float
    connections: int = 0
    count: int = 0
    """At most so many; 0: as many as the time allows."""

    def job(self) -> dict[str, float]:
        """Return it in the load generator's words."""
        usual = OPEN_CONNECTIONS if self.rate else CLOSED_CONNECTIONS
        most = int((self.rate or MOST_PER_SECOND) * self.seconds)
        return {
            "rate": self.rate,
            "seconds": self.seconds,
            "connections": self.connections or usual,
            "count": min(self.count or most, most),
        }


@dataclass(frozen=True)
class Load:
    """What came of it: the names that were answered 2xx, answers by status, times in ms.

    `late_ms` says how far behind its schedule the generator itself was.
    """

    accepted: Sequence[str]
    answers: Mapping[str, int]
    failures: Mapping[str, int]
    seconds: float
    times_ms: Mapping[str, float]
    late_ms: Mapping[str, float]

    @property
    def succeeded(self) -> int:
        """How many were answered 2xx."""
        return sum(count for status, count in self.answers.items() if status.startswith("2"))


def send(address: str, requests: Requests, pace: RateLimiter) -> Load:
    """Send requests with names that were never used before, and return when all are answered."""
    prefix = secrets.token_hex(4)
    job = {
        **pace.job(),
        "address": address,
        "path": requests.path,
        "headers": list(requests.headers),
        "body": requests.body,
        "secret": requests.secret,
        "prefix": prefix,
        "timeout": TIMEOUT_SECONDS,
    }
    return told([bench_go() / "load"], job, {}, prefix)


def told(
    command: Sequence[str | Path],
    job: Mapping[str, object],
    environment: Mapping[str, str],
    prefix: str = "",
) -> Load:
    """Give a job to a program that measures, and return its result."""
    done = subprocess.run(
        command,
        input=json.dumps(job),
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=float(str(job["seconds"])) + GRACE_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr}")
    result = json.loads(done.stdout)
    names = [f"{prefix}{number:012d}" for number in result.pop("accepted")]
    return Load(accepted=names, **result)
