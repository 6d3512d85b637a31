"""Runs the load generator, tests/bench/go/load, and returns its result."""

import json
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.tools import bench_go

OPEN_LOOP_CONNECTIONS = 64
CLOSED_LOOP_CONNECTIONS = 32
TIMEOUT_SECONDS = 15.0
MAX_RATE = 25_000
"""The number of requests that are prepared for each second of a closed loop."""
GRACE_SECONDS = 120.0


@dataclass(frozen=True)
class Requests:
    """Requests that differ only in `{name}` in headers and body; signed if there is a secret."""

    path: str
    headers: Sequence[str]
    body: str
    secret: str = ""


@dataclass(frozen=True)
class LoadProfile:
    """How requests are sent: at a rate, or with rate 0 on each connection without a pause."""

    rate: float
    seconds: float
    connections: int = 0
    count: int = 0
    """The most requests; 0 for as many as fit into the time."""

    def job(self) -> dict[str, float]:
        """Return the fields of the load generator's job."""
        usual = OPEN_LOOP_CONNECTIONS if self.rate else CLOSED_LOOP_CONNECTIONS
        most = int((self.rate or MAX_RATE) * self.seconds)
        return {
            "rate": self.rate,
            "seconds": self.seconds,
            "connections": self.connections or usual,
            "count": min(self.count or most, most),
        }


@dataclass(frozen=True)
class LoadResult:
    """The names with a 2xx response, responses by status, failures by reason, and times in ms.

    `late_ms` is how far the generator itself was behind its schedule.
    """

    accepted: Sequence[str]
    responses: Mapping[str, int]
    failures: Mapping[str, int]
    seconds: float
    times_ms: Mapping[str, float]
    late_ms: Mapping[str, float]

    @property
    def succeeded(self) -> int:
        """The number of 2xx responses."""
        return sum(count for status, count in self.responses.items() if status.startswith("2"))


def send(address: str, requests: Requests, profile: LoadProfile) -> LoadResult:
    """Send requests with unique names, and return when all have a response or have failed."""
    prefix = secrets.token_hex(4)
    job = {
        **profile.job(),
        "address": address,
        "path": requests.path,
        "headers": list(requests.headers),
        "body": requests.body,
        "secret": requests.secret,
        "prefix": prefix,
        "timeout": TIMEOUT_SECONDS,
    }
    return run_job([bench_go() / "load"], job, {}, prefix)


def run_job(
    command: Sequence[str | Path],
    job: Mapping[str, object],
    environment: Mapping[str, str],
    prefix: str = "",
) -> LoadResult:
    """Run a program that takes a job as JSON on standard input, and return its result."""
    completed = subprocess.run(
        command,
        input=json.dumps(job),
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=float(str(job["seconds"])) + GRACE_SECONDS,
    )
    if completed.returncode:
        raise RuntimeError(f"{command[0]} exited with {completed.returncode}: {completed.stderr}")
    result = json.loads(completed.stdout)
    names = [f"{prefix}{number:012d}" for number in result.pop("accepted")]
    return LoadResult(accepted=names, **result)
