"""Who is compared: how each is started, and when it is ready."""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.daemon import COMMAND
from harness.tools import bench_go, bench_python, bench_spring
from service import SECRET, TOKEN, daemon_settings

from .figures import LIMITS

NO_STRIPE = "http://127.0.0.1:9"
THREADS = 16
"""Of the bare applications: what the daemon has without payments."""
PYTHON = Path(__file__).parent / "python"
JAVA = ("java", "-cp")


@dataclass(frozen=True)
class Place:
    """Where a contestant serves, and what stands around it."""

    port: int
    bootstrap_servers: str
    topic: str
    stripe_url: str = NO_STRIPE

    @property
    def environment(self) -> dict[str, str]:
        """What the peers' programs read."""
        return {
            "LISTEN": f"127.0.0.1:{self.port}",
            "SECRET": SECRET,
            "SERVERS": self.bootstrap_servers,
            "TOPIC": self.topic,
        }


@dataclass(frozen=True)
class Contestant:
    """A program that is measured.

    `judged`: its records must be as promised; the limits have none. `serves`: it is sent requests;
    else it takes the job itself. `payments_at_once`: it takes no more. `needs` says what is missing
    to run it, None if nothing is.
    """

    name: str
    title: str
    command: Callable[[Place], Sequence[str | Path]]
    environment: Callable[[Place], Mapping[str, str]] = field(
        default=lambda place: place.environment
    )
    ready_path: str = "/healthz"
    warm_up_seconds: float = 3
    judged: bool = True
    serves: bool = True
    payments_at_once: int = 200
    needs: Callable[[], str | None] = field(default=lambda: None)


def _ours(name: str, title: str, settings: Mapping[str, str], *arguments: str) -> Contestant:
    def environment(place: Place) -> dict[str, str]:
        common = daemon_settings(place.stripe_url, place.bootstrap_servers, place.topic)
        own = {
            "PAYCLI_LISTEN": f"127.0.0.1:{place.port}",
            "PAYCLI_LOG_FORMAT": "json",
            "PAYCLI_STRIPE_WEBHOOK_SECRETS": SECRET,
        }
        # The deadlines and limits are the project's own, not those that make tests quick.
        tight = (
            "PAYCLI_ACK_TIMEOUT_SECONDS",
            "PAYCLI_STRIPE_TIMEOUT_SECONDS",
            "PAYCLI_MAX_BODY_BYTES",
        )
        kept = {key: value for key, value in common.items() if key not in tight}
        return {**kept, **own, **settings}

    return Contestant(
        name, title, lambda _: [*COMMAND, *arguments], environment, ready_path="/readyz"
    )


def _ours_on_granian(name: str, title: str, settings: Mapping[str, str]) -> Contestant:
    return replace(_ours(name, title, settings, "--server", "granian"), needs=_no_granian)


def _spring(name: str, title: str, *arguments: str) -> Contestant:
    def command(place: Place) -> list[str]:
        settings = {
            "server.port": place.port,
            "spring.kafka.bootstrap-servers": place.bootstrap_servers,
            "bench.topic": place.topic,
            "bench.secret": SECRET,
            "bench.token": TOKEN,
            "bench.stripe": place.stripe_url,
        }
        told = [f"--{key}={value}" for key, value in settings.items()]
        return [*JAVA, f"{bench_spring()}/*", "bench.Service", *told, *arguments]

    return Contestant(name, title, command, lambda _: {}, warm_up_seconds=20)


def _fastapi(name: str, title: str, workers: int) -> Contestant:
    def command(place: Place) -> list[str | Path]:
        where = ("--app-dir", PYTHON, "--host", "127.0.0.1", "--port", str(place.port))
        quiet = ("--no-access-log", "--log-level", "warning", "--workers", str(workers))
        return [bench_python(), "-m", "uvicorn", "fastapi_service:app", *where, *quiet]

    return Contestant(name, title, command)


def _on_waitress(name: str, title: str, app: str) -> Contestant:
    def command(place: Place) -> list[str]:
        options = [f"--threads={THREADS}", "--asyncore-use-poll"]
        listen = f"--listen=127.0.0.1:{place.port}"
        return [sys.executable, "-m", "waitress", *options, listen, f"bare:{app}"]

    return _bare(Contestant(name, title, command))


def _on_granian(name: str, title: str, app: str) -> Contestant:
    def command(place: Place) -> list[str | Path]:
        where = ("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(place.port))
        threads = ("--workers", "1", "--blocking-threads", str(THREADS), "--no-log")
        return [bench_python(), "-m", "granian", *where, *threads, f"bare:{app}"]

    return _bare(Contestant(name, title, command))


def _bare(contestant: Contestant) -> Contestant:
    def environment(place: Place) -> dict[str, str]:
        return {**place.environment, "PYTHONPATH": str(PYTHON)}

    return replace(contestant, environment=environment, judged=False)


def _no_granian() -> str | None:
    helped = subprocess.run(
        [*COMMAND, "--help"], capture_output=True, text=True, check=False, env={"COLUMNS": "200"}
    )
    return None if "granian" in helped.stdout else "paycli serve has no --server granian"


def _everybody() -> list[Contestant]:
    two = {"PAYCLI_WORKERS": "2"}
    return [
        _ours("waitress", "paycli on waitress", {}),
        _ours("waitress-2", "the same, 2 workers", two),
        _ours_on_granian("granian", "paycli on granian", {}),
        _ours_on_granian("granian-2", "the same, 2 workers", two),
        _spring("spring", "Spring Boot as it comes"),
        _spring(
            "spring-tuned",
            "Spring Boot, linger 0",
            "--spring.kafka.producer.properties.linger.ms=0",
        ),
        Contestant("go", "Go", lambda _: [bench_go() / "service"]),
        _fastapi("fastapi", "FastAPI on uvicorn", 1),
        _fastapi("fastapi-2", "the same, 2 workers", 2),
        Contestant(
            "ack",
            "raw acknowledgement",
            lambda _: [sys.executable, PYTHON / "bare.py"],
            judged=False,
            serves=False,
        ),
        _on_waitress("empty", "empty handler on waitress", "empty"),
        _on_granian("empty-granian", "empty handler on granian", "empty"),
        _on_waitress("bare", "handler that only publishes, on waitress", "acknowledged"),
        _on_granian("bare-granian", "the same on granian", "acknowledged"),
    ]


PAYING = {
    contestant.name: contestant
    for contestant in (
        replace(_ours("waitress", "paycli on waitress", {}), payments_at_once=48),
        _ours("waitress-200", "the same, 200 in flight", {"PAYCLI_STRIPE_MAX_IN_FLIGHT": "200"}),
        _spring("spring", "Spring Boot as it comes"),
    )
}
"""Who is compared at payments."""

CONTESTANTS = {contestant.name: contestant for contestant in _everybody()}


def chosen(names: Sequence[str]) -> list[Contestant]:
    """Return the contestants of these names, each once; `KeyError` with a name that is none.

    A limit stands for its parts.
    """
    every = [inner for name in names for inner in LIMITS.get(name, (name,))]
    return [CONTESTANTS[name] for name in dict.fromkeys(every)]
