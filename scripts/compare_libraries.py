"""Measures our own parts and the libraries in their place, each in a process of its own."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import stripe

from bench.figures import spread
from harness.dripping_server import DrippingServer
from harness.measurements import Table, record
from harness.tools import libraries_python
from paycli.adapters.stripe.curl_client import CurlClient

NOTHING = "none: the interpreter alone"
IMPORTS = (
    (),
    ("paycli.settings.reader",),
    ("paycli.settings.reader", "pydantic_settings"),
    ("paycli.adapters.eureka.registration",),
    ("paycli.adapters.eureka.registration", "py_eureka_client.eureka_client"),
    ("paycli.adapters.schema_registry",),
    ("paycli.adapters.schema_registry", "confluent_kafka.schema_registry"),
    ("structlog",),
    ("markdown_it",),
    ("h11",),
    ("http.server",),
    ("uvicorn",),
    ("uvicorn", "falcon.asgi"),
    ("stripe",),
    ("falcon",),
)

OWN_METRICS = """
from server.metrics import Metrics
recorder = Metrics(1, {}).recorder(0)
def work():
    recorder.request_started("webhook")
    recorder.request_finished("webhook", "POST", "/api/v1/stripe/events", 200, 0.01)
"""
PROMETHEUS = """
import os, tempfile
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp()
from prometheus_client import Counter, Gauge, Histogram
gauge = Gauge("g", "", ["kind"], multiprocess_mode="livesum")
counter = Counter("c", "", ["method", "route", "status"])
histogram = Histogram("h", "", ["method", "route"])
LABELS = ("POST", "/api/v1/stripe/events")
in_flight, requests = gauge.labels("webhook"), counter.labels(*LABELS, "200")
duration = histogram.labels(*LABELS)
"""
BOUND_LABELS = """
def work():
    in_flight.inc()
    in_flight.dec()
    requests.inc()
    duration.observe(0.01)
"""
LABELS_EACH_TIME = """
def work():
    gauge.labels("webhook").inc()
    gauge.labels("webhook").dec()
    counter.labels(*LABELS, "200").inc()
    histogram.labels(*LABELS).observe(0.01)
"""
FIELDS = """
FIELDS = dict(method="POST", path="/api/v1/stripe/events", status=200, duration_ms=1.25,
    event_id="evt_1", event_type="payment_intent.succeeded", request_id="0123456789abcdef")
"""
OWN_LOG = f"""{FIELDS}
import logging, os
from server import logs
logs.configure("json", os.open(os.devnull, os.O_WRONLY))
logger = logging.getLogger("paycli.server")
def work():
    logger.handle(logs.RequestRecord("paycli.server", logging.INFO, FIELDS))
"""
STRUCTLOG = f"""{FIELDS}
import logging, structlog
PROCESSORS = [structlog.stdlib.add_log_level, structlog.processors.TimeStamper("iso")]
JSON = structlog.processors.JSONRenderer()
"""
STRUCTLOG_ALONE = """
factory = structlog.WriteLoggerFactory(open("/dev/null", "w"))
"""
STRUCTLOG_THROUGH_LOGGING = """
logging.basicConfig(stream=open("/dev/null", "w"), format="%(message)s", level=logging.INFO)
factory = structlog.stdlib.LoggerFactory()
"""
STRUCTLOG_LINE = """
structlog.configure([*PROCESSORS, JSON], logger_factory=factory, cache_logger_on_first_use=True)
logger = structlog.get_logger()
def work():
    logger.info("request_completed", **FIELDS)
"""
REQUEST = """
import runpy
names = runpy.run_path("tests/server/http/test_request_parser.py")
body = names["payment_intent_event"]("evt_1", "pi_1")
signature = f"Stripe-Signature: {names['stripe_signature'](body, names['SECRET'])}\\r\\n".encode()
length = f"Content-Length: {len(body)}\\r\\n".encode()
webhook = names["post"](b"Content-Type: application/json\\r\\n" + signature + length, body)
"""
OPERATIONS = {
    "metrics of a request": {
        "server.metrics": OWN_METRICS,
        "prometheus_client, several processes, bound labels": PROMETHEUS + BOUND_LABELS,
        "prometheus_client, several processes, labels()": PROMETHEUS + LABELS_EACH_TIME,
    },
    "a log line of JSON": {
        "server.logs, with its writing thread": OWN_LOG,
        "structlog, WriteLogger": STRUCTLOG + STRUCTLOG_ALONE + STRUCTLOG_LINE,
        "structlog through logging": STRUCTLOG + STRUCTLOG_THROUGH_LOGGING + STRUCTLOG_LINE,
    },
    "parsing the request of a webhook": {
        "server.http.request_parser": REQUEST + "work = lambda: names['strict'](webhook)",
        "h11": REQUEST + "work = lambda: names['by_h11'](webhook)",
    },
    "the first request of the reference page": {
        "server.reference": "import server.reference.page as page\n"
        "def work():\n"
        "    page._cached_page.cache_clear()\n"
        "    page.page_bytes('a', 'b')",
    },
}
REPEAT = """
import time
work()
calls = 0
started = time.process_time()
while calls < 3 or time.process_time() - started < 0.3:
    work()
    calls += 1
print((time.process_time() - started) / calls * 1e6)
"""
TIMEOUT_SECONDS = 1.0
GIVEN_UP_SECONDS = 15.0


def processor_time(python: str | Path, code: str) -> float:
    """Returns what a program prints."""
    command = [python, "-c", code]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def import_seconds(modules: Sequence[str]) -> float:
    """Returns the processor time of a process that imports these modules."""
    names = "".join(f"import {module}\n" for module in modules)
    return processor_time(libraries_python(), f"{names}import time\nprint(time.process_time())")


def by_curl(url: str) -> None:
    """Requests a URL with the client of the service."""
    client = CurlClient()
    client.set_deadline(time.monotonic() + TIMEOUT_SECONDS)
    client.request("GET", url, {})


def by_requests(url: str) -> None:
    """Requests a URL with the client of Stripe's SDK."""
    stripe.RequestsClient(timeout=TIMEOUT_SECONDS).request("GET", url, {}, None)


def seconds_until_given_up(get: Callable[[str], None]) -> str:
    """Returns how long a request takes that is answered byte by byte without an end."""

    def attempt(url: str) -> None:
        with suppress(stripe.APIConnectionError):
            get(url)

    with DrippingServer() as server:
        started = time.monotonic()
        url = f"http://127.0.0.1:{server.port}/"
        thread = threading.Thread(target=attempt, args=(url,), daemon=True)
        thread.start()
        thread.join(GIVEN_UP_SECONDS)
        if thread.is_alive():
            return f"still waiting after {GIVEN_UP_SECONDS:.0f}"
        return f"{time.monotonic() - started:.1f}"


def main() -> None:
    """Prints the tables, and keeps them for scripts/results."""
    rounds = int(sys.argv[1])
    imports: dict[Sequence[str], list[float]] = {}
    operations: dict[str, list[float]] = {}
    for _ in range(rounds):
        for modules in IMPORTS:
            imports.setdefault(modules, []).append(import_seconds(modules))
        for operation, candidates in OPERATIONS.items():
            for name, code in candidates.items():
                times = operations.setdefault(f"{operation}: {name}", [])
                # The parsers are measured with the requests of a test, which needs pytest.
                python = sys.executable if code.startswith(REQUEST) else libraries_python()
                times.append(processor_time(python, code + REPEAT))
    tables = [
        Table(
            "Imports, processor time",
            ["modules", "seconds", "added by the last"],
            [
                [", ".join(modules) or NOTHING, text(times, 2), added(imports, modules)]
                for modules, times in imports.items()
            ],
        ),
        Table(
            "One operation, processor time",
            ["operation: by", "microseconds"],
            [[name, text(times, 1)] for name, times in operations.items()],
        ),
        Table(
            f"A request with a timeout of {TIMEOUT_SECONDS:.0f} s, answered byte by byte",
            ["client", "seconds"],
            [
                ["paycli.adapters.stripe.curl_client", seconds_until_given_up(by_curl)],
                ["stripe.RequestsClient", seconds_until_given_up(by_requests)],
            ],
        ),
    ]
    record(*tables)
    for table in tables:
        sys.stdout.write(f"\n{table.title}\n")
        for row in (table.headings, *table.rows):
            sys.stdout.write("  ".join(f"{cell:50}" for cell in row).rstrip() + "\n")


def added(imports: Mapping[Sequence[str], Sequence[float]], modules: Sequence[str]) -> str:
    """Returns by how many seconds the last module makes the import longer."""
    if not modules:
        return ""
    return text([a - b for a, b in zip(imports[modules], imports[modules[:-1]], strict=True)], 2)


def text(values: Sequence[float], digits: int) -> str:
    """Returns the median with the lowest and highest value."""
    measured = spread(values)
    assert measured
    return measured.text(digits)


if __name__ == "__main__":
    main()
