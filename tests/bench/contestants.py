"""The programs that are compared: how each is started, and when it is ready."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.daemon import COMMAND
from harness.tools import ROOT, bench_go, bench_python, bench_spring
from service import SECRET, TOKEN, daemon_settings

from .figures import LIMITS

NO_STRIPE = "http://127.0.0.1:9"
THREADS = 16
"""Of the bare applications: as many as the daemon has without payments."""
PYTHON = Path(__file__).parent / "python"
JAVA = ("java", "-cp")
SHORT_TEST_LIMITS = (
    "PAYCLI_ACK_TIMEOUT_SECONDS",
    "PAYCLI_STRIPE_TIMEOUT_SECONDS",
    "PAYCLI_MAX_BODY_BYTES",
)


@dataclass(frozen=True)
class RunConfig:
    """Where a contestant listens, and the broker, topic and Stripe that it uses."""

    port: int
    bootstrap_servers: str
    topic: str
    stripe_url: str = NO_STRIPE

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that the peers read."""
        return {
            "LISTEN": f"127.0.0.1:{self.port}",
            "SECRET": SECRET,
            "SERVERS": self.bootstrap_servers,
            "TOPIC": self.topic,
        }


@dataclass(frozen=True)
class Contestant:
    """A program that is measured.

    Attributes:
        name: The name on the command line and in the figures.
        title: A short description.
        command: The program and its arguments.
        environment: Its environment variables beyond PATH and HOME.
        ready_path: The path that responds with 200 once it is ready.
        warm_up_seconds: How long it is loaded before it is measured.
        checked: Whether its records are checked; the limits write none of their own.
        serves: Whether it serves HTTP; otherwise it runs the load itself.
        max_concurrent_payments: The most payments that it accepts at the same time.
    """

    name: str
    title: str
    command: Callable[[RunConfig], Sequence[str | Path]]
    environment: Callable[[RunConfig], Mapping[str, str]] = field(
        default=lambda config: config.environment
    )
    ready_path: str = "/healthz"
    warm_up_seconds: float = 3
    checked: bool = True
    serves: bool = True
    max_concurrent_payments: int = 200


def _paycli(
    name: str,
    title: str,
    settings: Mapping[str, str],
    command: Callable[[RunConfig], Sequence[str | Path]] = lambda _: COMMAND,
) -> Contestant:
    def environment(config: RunConfig) -> dict[str, str]:
        tests = daemon_settings(config.stripe_url, config.bootstrap_servers, config.topic)
        # The default timeouts and limits apply, not the short ones of the tests.
        common = {key: value for key, value in tests.items() if key not in SHORT_TEST_LIMITS}
        own = {
            "PAYCLI_LISTEN": f"127.0.0.1:{config.port}",
            "PAYCLI_LOG_FORMAT": "json",
            "PAYCLI_STRIPE_WEBHOOK_SECRETS": SECRET,
        }
        return {**common, **own, **settings}

    return Contestant(name, title, command, environment, ready_path="/readyz")


def _on_python(version: str) -> Callable[[RunConfig], Sequence[str | Path]]:
    def command(_: RunConfig) -> Sequence[str | Path]:
        program = ROOT / f".venv-{version}" / "bin" / "python"
        if not program.exists():
            raise SystemExit(f"{program} is missing: PAYCLI_PYTHON={version} scripts/setup")
        return (program, *COMMAND[1:])

    return command


def _waitress(config: RunConfig, *application: str) -> list[str]:
    options = [f"--threads={THREADS}", "--asyncore-use-poll"]
    listen = f"--listen=127.0.0.1:{config.port}"
    return [sys.executable, "-m", "waitress", *options, listen, *application]


def _spring(name: str, title: str, *arguments: str) -> Contestant:
    def command(config: RunConfig) -> list[str]:
        settings = {
            "server.port": config.port,
            "spring.kafka.bootstrap-servers": config.bootstrap_servers,
            "bench.topic": config.topic,
            "bench.secret": SECRET,
            "bench.token": TOKEN,
            "bench.stripe": config.stripe_url,
        }
        properties = [f"--{key}={value}" for key, value in settings.items()]
        return [*JAVA, f"{bench_spring()}/*", "bench.Service", *properties, *arguments]

    return Contestant(name, title, command, lambda _: {}, warm_up_seconds=20)


def _fastapi(name: str, title: str, workers: int) -> Contestant:
    def command(config: RunConfig) -> list[str | Path]:
        app = ("--app-dir", PYTHON, "--host", "127.0.0.1", "--port", str(config.port))
        quiet = ("--no-access-log", "--log-level", "warning", "--workers", str(workers))
        return [bench_python(), "-m", "uvicorn", "fastapi_service:app", *app, *quiet]

    return Contestant(name, title, command)


def _bare(name: str, title: str, app: str) -> Contestant:
    def command(config: RunConfig) -> list[str]:
        return _waitress(config, f"bare:{app}")

    def environment(config: RunConfig) -> dict[str, str]:
        return {**config.environment, "PYTHONPATH": str(PYTHON)}

    return Contestant(name, title, command, environment, checked=False)


def _contestants() -> list[Contestant]:
    return [
        _paycli("waitress", "paycli on waitress", {}),
        _paycli("python-3.14", "paycli on Python 3.14", {}, _on_python("3.14")),
        _paycli("waitress-2", "paycli, 2 workers", {"PAYCLI_WORKERS": "2"}),
        _paycli("waitress-4", "paycli, 4 workers", {"PAYCLI_WORKERS": "4"}),
        _paycli(
            "threads",
            "paycli on waitress as it is",
            {},
            lambda config: _waitress(config, "--call", "server.wsgi:create"),
        ),
        _spring("spring", "Spring Boot with its defaults"),
        _spring(
            "spring-tuned",
            "Spring Boot, linger 0",
            "--spring.kafka.producer.properties.linger.ms=0",
        ),
        Contestant("go", "Go", lambda _: [bench_go() / "service"]),
        _fastapi("fastapi", "FastAPI on uvicorn", 1),
        _fastapi("fastapi-2", "FastAPI, 2 workers", 2),
        Contestant(
            "ack",
            "raw acknowledgement",
            lambda _: [sys.executable, PYTHON / "bare.py"],
            checked=False,
            serves=False,
        ),
        _bare("empty", "empty handler on waitress", "empty"),
        _bare("bare", "handler that only publishes, on waitress", "acknowledged"),
    ]


CONTESTANTS = {contestant.name: contestant for contestant in _contestants()}

WORKERS = {1: "waitress", 2: "waitress-2", 4: "waitress-4"}
"""The contestants that differ in the number of workers only."""

PAYMENT_CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        replace(CONTESTANTS["waitress"], max_concurrent_payments=48),
        replace(CONTESTANTS["python-3.14"], max_concurrent_payments=48),
        _paycli("waitress-200", "paycli, 200 in flight", {"PAYCLI_STRIPE_MAX_IN_FLIGHT": "200"}),
        CONTESTANTS["spring"],
    )
}
"""The contestants of the payment benchmark."""


def select(names: Sequence[str]) -> list[Contestant]:
    """Return the contestants with these names, each once; a limit stands for its parts.

    Raises `KeyError` with an unknown name.
    """
    expanded = [part for name in names for part in LIMITS.get(name, (name,))]
    return [CONTESTANTS[name] for name in dict.fromkeys(expanded)]
