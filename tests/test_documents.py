"""The README says what the code does: a name that is missing from it or made up turns these red.

Each check takes the text and returns what is wrong with it. That it would notice is tested too.
"""

import inspect
import json
import re
import shlex
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

import bench.__main__ as bench
import chaos.__main__ as chaos
from chaos.plan import KINDS
from paycli import errors
from paycli.cli.main import EXIT_CODES, application
from paycli.events import catalogue, types
from paycli.events.cloudevents import to_record
from paycli.events.stripe_event import parse_event
from paycli.models import (
    CancelPayment,
    CapturePayment,
    CreatePayment,
    LineItem,
    ListPayments,
    ListRefunds,
    Payment,
    Refund,
    RefundPayment,
    UpdatePayment,
)
from paycli.sandbox.standin import Fault, FaultKind, StandIn
from paycli.sandbox.standin.control.routes import PREFIX, ROUTES
from paycli.settings import GROUPS
from paycli.settings.reader import other_names, setting_fields
from paycli.webhooks.signature import Cause
from server import problems
from server.metrics.definitions import METRICS
from server.openapi.operations import OPERATIONS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
Check = Callable[[str], list[str]]

# What callers build on, as it was promised to them.
RESPONSE_HEADERS = (
    *("X-Request-Id", "Location", "Idempotent-Replayed"),
    *("Retry-After", "WWW-Authenticate", "Cache-Control"),
)
PROBLEM_MEMBERS = (
    *("type", "title", "status", "code", "detail"),
    *("errors", "retryable", "decline_code", "stripe_request_id", "cause"),
)
CHANGE_FIELDS = {
    name
    for model in (UpdatePayment, CapturePayment, CancelPayment, RefundPayment, ListRefunds, Refund)
    for name in model.model_fields
}
OTHER_VARIABLES = {"PAYCLI_TEST_PAYMENTS", "PAYCLI_SECRETS_DIR", "PAYCLI_CACHE_DIR"}


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level or above; "" without it."""
    found = re.search(
        rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL
    )
    if found is None:
        return ""
    level = len(found[1])
    rest = text[found.start(2) :]
    return re.split(rf"^#{{1,{level}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of each row of the tables."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted(text: str) -> set[str]:
    """What stands in backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def missing(names: Iterable[str], text: str) -> list[str]:
    """The names that do not stand in backticks, or as a word in them."""
    words = {word for name in quoted(text) for word in (name, *re.split(r"[\s=|,:]+", name))}
    return [name for name in names if name not in words]


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands() -> dict[str, dict[str, str]]:
    """Each command as it is typed, with its options and their help."""
    root = get_command(application())
    assert isinstance(root, TyperGroup)
    found = {}
    for name, command in root.commands.items():
        inner = command.commands if isinstance(command, TyperGroup) else {"": command}
        for each, leaf in inner.items():
            assert isinstance(leaf, TyperCommand)
            found[f"paycli {name} {each}".strip()] = {
                option: getattr(parameter, "help", None) or ""
                for parameter in leaf.params
                for option in (*parameter.opts, *parameter.secondary_opts)
                if option.startswith("-")
            }
    assert len(found) > 4
    return found


def check_commands(text: str) -> list[str]:
    """Each command has its place in the table of commands; no option is made up.

    What each option means is told by the commands themselves: tests/scripts/test_reference.py.
    """
    told = section(text, "Command line")
    root = {"--help", "--version", "--install-completion", "--show-completion"}
    known = root.union(*(options.keys() for options in commands().values()))
    named = {name.split()[0] for name in quoted(told) if re.match("--?[a-z]", name)}
    table = told.partition("###")[0]
    return missing([*commands(), "-o", "--output", "--json"], table) + sorted(named - known)


def check_examples(text: str) -> list[str]:
    """Each `paycli` command line of the README has a command and options that exist."""
    known, wrong = commands(), []
    for block in blocks(text, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line.partition(" | ")[0]) if line.startswith("paycli ") else []
            names = [c for c in known if words[: len(c.split())] == c.split()]
            options = {word for word in words if word.startswith("-") and word != "-"}
            if words and (not names or options - known[names[0]].keys()):
                wrong.append(line)
    return wrong


def check_settings(text: str) -> list[str]:
    """Each setting has a row with its names, flag and default; no variable is made up."""
    flags = {
        found[1]: option
        for options in commands().values()
        for option, help_ in options.items()
        if (found := re.search(r"\[(PAYCLI_\w+)\]", help_))
    }
    told = {tuple(quoted(row[0])): row for row in rows(section(text, "Settings"))}
    by_name = {name: row for names, row in told.items() for name in names}
    wrong, known = [], set(OTHER_VARIABLES)
    for variable, field in (pair for group in GROUPS for pair in setting_fields(group)):
        row = by_name.get(variable, ["", "", "", ""])
        default = field.get_default()
        secret = hasattr(default, "get_secret_value")
        shown = str(default.get_secret_value() if secret else default)
        wrong += [variable] * (variable not in by_name)
        wrong += [name for name in other_names(field) if name not in quoted(row[0])]
        wrong += [flags[variable]] * (f"`{flags[variable]}`" != row[1])
        if field.is_required():
            wrong += [f"{variable} is required"] * (row[3] != "required")
        elif default is not None:
            wrong += [f"{variable} {shown}"] * (f"`{shown}`" != row[3])
        known.add(variable)
    return wrong + sorted(set(re.findall(r"PAYCLI_[A-Z_]+[A-Z]", text)) - known)


def failures() -> Iterator[tuple[str, int, str, str]]:
    """Each failure that HTTP can show: code, status, Retry-After, retryable."""
    for kind, status in problems.STATUS.items():
        retry_after = str(problems.RETRY_AFTER_SECONDS.get(kind, ""))
        retryable = getattr(kind, "retryable", None)
        yield kind.code, status, retry_after, "" if retryable is None else str(retryable).lower()
    for http_status, code in problems.HTTP_CODES.items():
        yield code, http_status, "", ""


def check_failures(text: str) -> list[str]:
    """Each code has a row with its status, Retry-After and retryable; none is made up."""
    found = [row for row in rows(section(text, "Errors")) if row[0].isdigit()]
    wrong, known = [], set()
    for code, status, *rest in failures():
        known.add(code)
        told = [row for row in found if code in quoted(row[1])]
        wrong += [code] * (not told)
        for row in told:
            # Columns that a table does not have are empty in all of its rows.
            columns = [*row[2:-1], "", ""][:2]
            wrong += [code] * ([row[0], *columns] != [str(status), *rest])
    return wrong + sorted({code for row in found for code in quoted(row[1])} - known)


def check_http_names(text: str) -> list[str]:
    """Each field of request, answer and problem, each header and each cause is told."""
    create = section(text, "Create a payment")
    request, _, answer = create.partition("The answer is 201")
    members = section(text, "Errors").partition("What a caller does")[0]
    return [
        *missing(CreatePayment.model_fields, request),
        *missing(LineItem.model_fields, request),
        *missing(Payment.model_fields, answer),
        *missing(ListPayments.model_fields, section(text, "List payments")),
        *missing(CHANGE_FIELDS, section(text, "Change, capture, cancel, refund")),
        *missing(PROBLEM_MEMBERS, "\n".join(row[0] for row in rows(members))),
        *missing(RESPONSE_HEADERS, section(text, "HTTP")),
        *missing(map(str, Cause), section(text, "Webhooks get 400 `signature_invalid`")),
    ]


def check_routes(text: str) -> list[str]:
    """Each route of the document has a row, and no other has."""
    told = {
        (method.lower(), path.replace("{id}", "{}"))
        for row in rows(section(text, "HTTP").partition("###")[0])
        for path in re.findall(r"(/[^\s`]+)`", row[0])
        for method in re.findall(r"\b(GET|POST|PATCH)\b", row[0])
    }
    known = {(each.method, re.sub(r"\{\w+\}", "{}", each.path)) for each in OPERATIONS}
    return sorted(map(str, told ^ known))


def check_tests(text: str) -> list[str]:
    """Each test that is named as the proof of an operation is there."""
    named = re.findall(r"`(\w+\.py)::(\w+)`", text)
    assert len(named) > 10
    return [
        name
        for file, name in named
        if f"def {name}(" not in (ROOT / "tests/e2e" / file).read_text(encoding="utf-8")
    ]


def check_promises(text: str) -> list[str]:
    """Each promise against attackers names its tests, and all that is named is there."""
    told = rows(section(text, "Security"))
    wrong = [row[0] for row in told[1:] if "tests/" not in row[2]]
    named = re.findall(r"`((?:tests|scripts)/[\w/.]+)`", section(text, "Security"))
    assert len(named) > 10
    return wrong + [name for name in named if not (ROOT / name).is_file()]


def check_events(text: str) -> list[str]:
    """Each event has a row with Stripe's type and its own fields; none is made up."""
    common = list(types.EventData.full_example())
    kafka = section(text, "Events in Kafka")
    told = {row[0].strip("`"): row for row in rows(section(kafka, "Events")) if len(row) == 3}
    wrong = missing(common, "\n".join(row[0] for row in rows(kafka.partition("###")[0])))
    for stripe_type, entry in catalogue.CATALOGUE.items():
        row = told.get(stripe_type, ["", "", ""])
        own = {name for kind in entry.events for name in kind.full_example()} - {*common}
        wrong += [stripe_type] * ({kind.__name__ for kind in entry.events} != quoted(row[1]))
        wrong += [f"{stripe_type} {name}" for name in own ^ quoted(row[2])]
    listed = re.search(r"   ```\n(.*?)   ```", section(text, "At Stripe"), re.DOTALL)
    subscribed = listed[1].split() if listed else []
    wrong += sorted({*subscribed} ^ {*catalogue.CATALOGUE})
    unreadable = types.StripeEventUnreadable.model_fields
    wrong += missing(unreadable, section(text, "Events that can't be read"))
    names = {kind.__name__ for row in catalogue.CATALOGUE.values() for kind in row.events}
    return wrong + sorted(set(re.findall(r"\b[A-Z]\w+Event\b", text)) - names)


def check_record_headers(text: str) -> list[str]:
    """Each header of a record has a row, and no other has."""
    body = {"id": "evt_1", "type": "payment_intent.succeeded", "created": 1, "livemode": False}
    intent = {"id": "pi_1", "status": "succeeded", "amount": 1, "currency": "eur"}
    event = parse_event(
        json.dumps({**body, "api_version": "1", "data": {"object": intent}}).encode()
    )
    told = catalogue.translate(event)
    assert told is not None
    record = to_record(told, event, topic="t", origin="webhook", livemode=False, traceparent="x")
    kafka = section(text, "Events in Kafka")
    table = kafka.partition("| Header |")[2].partition("Header values")[0]
    found = {row[0].strip("`") for row in rows(table)} - {"---"}
    return sorted({name for name, _ in record.headers} ^ found)


def check_exit_codes(text: str) -> list[str]:
    """Each exit code has a row."""
    told = {row[0] for row in rows(section(text, "Command line"))}
    return [str(code) for code in sorted({0, 130, *EXIT_CODES.values()}) if str(code) not in told]


def check_log_events(text: str) -> list[str]:
    """Each event of a log line is told."""
    source = "".join(p.read_text() for d in ("paycli", "server") for p in (ROOT / d).rglob("*.py"))
    calls = r"(?:\b(?:log\.\w+|logs\.say|_tell)\(\s*|self\.msg = )\"(\w+)\""
    names = set(re.findall(calls, source))
    assert {"request_completed", "ready", "kafka_unreachable"} <= names
    return sorted(missing(names, section(text, "Logs")))


def check_metrics(text: str) -> list[str]:
    """Each metric has a row with its labels, and no other has."""
    told = {row[0].strip("`"): quoted(row[1]) for row in rows(section(text, "Metrics"))}
    told = {name: labels for name, labels in told.items() if name.startswith("paycli_")}
    known = {family.name: set(family.labels) for family in METRICS}
    known["paycli_build_info"] = {"version", "mode", "python"}
    return sorted(
        f"{name} {labels}"
        for name, labels in (*told.items(), *known.items())
        if told.get(name) != known.get(name)
    )


def check_tree(text: str) -> list[str]:
    """The folder tree has each module, and nothing else."""
    found, folders = set(), [""]
    for line in (
        section(text, "Architecture").partition("```\n")[2].partition("```")[0].splitlines()
    ):
        indent, name = re.match(r"( *)(\S+)", line).groups()  # type: ignore[union-attr]  # no blanks
        folders[len(indent) // 2 :] = [name]
        found.add("".join(folders))
    coarse = ("paycli/sandbox/", "paycli/cli/", "scripts/", "tests/")
    files = {
        str(p.relative_to(ROOT)) for d in ("paycli", "server") for p in (ROOT / d).rglob("*.py")
    }
    wanted = {f for f in files if not f.startswith(coarse) and "__" not in f}
    extra = {name for name in found if not (ROOT / name).exists()}
    return sorted(wanted - found | extra)


def check_stand_in(text: str) -> list[str]:
    """The stand-in's section has each of its settings, faults, their fields and control routes."""
    told = section(text, "The Stripe stand-in")
    routes = {f"{method} {PREFIX}{path}" for method, path in ROUTES}
    names = {*FaultKind, *(it.name for it in fields(Fault)), *routes}
    names |= inspect.signature(StandIn).parameters.keys()
    written = set(re.findall(r"(?:GET|POST|DELETE) /_sandbox/[\w/]+", told))
    return missing(names, told) + sorted(written - routes)


def check_proofs(text: str) -> list[str]:
    """Each promise has a test that is there, a figure and a command that runs; each fault is told.

    A command is `scripts/test` with a file, or `scripts/chaos` with a run and its options.
    """
    told = section(text, "What we promise and how it is tested")
    promises = [row for row in rows(told) if len(row) == 4][1:]
    wrong = [] if len(promises) > 6 else ["promises"]
    for promise, test, measured, command in promises:
        words = [word for word in shlex.split(command.strip("`")) if "=" not in word]
        wrong += [promise] * (not all((promise, test, measured)))
        runs = words[0] == "scripts/test" and (ROOT / words[1]).exists()
        wrong += [command] * (
            not runs and not (words[0] == "scripts/chaos" and understood(words, chaos.parser()))
        )
    faults = {name for row in rows(told) if len(row) == 2 for name in quoted(row[0])}
    return wrong + sorted(faults ^ KINDS.keys())


def check_speed(text: str) -> list[str]:
    """Each run of the benchmark is told, and each of its commands runs."""
    told = section(text, "Speed")
    commands = [shlex.split(name) for name in sorted(quoted(told)) if name.startswith("scripts/")]
    runs = {words[1] for words in commands if words[0] == "scripts/bench" and len(words) > 1}
    wrong = [shlex.join(words) for words in commands if not (ROOT / words[0]).exists()]
    wrong += [
        shlex.join(words)
        for words in commands
        if words[0] == "scripts/bench" and len(words) > 1 and not understood(words, bench.parser())
    ]
    return wrong + sorted(runs ^ bench.RUNS.keys())


def understood(words: list[str], parser: ArgumentParser) -> bool:
    """Whether a script takes these arguments."""
    try:
        parser.parse_args(words[1:])
    except SystemExit:
        return False
    return True


def check_links(text: str) -> list[str]:
    """Each link within the README and to a file beside it leads somewhere; blocks are narrow."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    lines = [
        line
        for block in re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
        for line in block.split("\n")
    ]
    return [
        *(t for t in targets if t.startswith("#") and t[1:] not in anchors),
        *(t for t in targets if not t.startswith(("#", "https://")) and not (ROOT / t).exists()),
        *(line for line in lines if len(line) > 80),
    ]


CONTROLS: list[tuple[Check, str, str]] = [
    (check_commands, "`paycli intent get`, ", ""),
    (check_commands, "- `--keep-partitions` puts", "- `--same-partitions` puts"),
    (check_commands, "(`--output`)", ""),
    (check_examples, "paycli intent capture pi_", "paycli intent take pi_"),
    (check_examples, "list --unreadable --since", "list --illegible --since"),
    (check_settings, "| `PAYCLI_WORKERS` |", "| `PAYCLI_PROCESSES` |"),
    (check_settings, "`STRIPE_SECRET_KEY`", "another"),
    (check_settings, "| `--threads` |", "| |"),
    (check_settings, "| `300` |", "| `60` |"),
    (check_failures, "| 503 | `busy` | 1 |", "| 503 | `busy` | 2 |"),
    (
        check_failures,
        "| 502 | `stripe_credentials` | | false |",
        "| 502 | `stripe_credentials` | | true |",
    ),
    (check_failures, "| 504 | `stripe_timeout`", "| 502 | `stripe_timeout`"),
    (check_failures, "`kafka_overloaded` | 1", "`kafka_slow` | 1"),
    (check_failures, "| 431 | `headers_too_large`", "| 431 | too large"),
    (check_http_names, "| `receipt_email` |", "| |"),
    (check_http_names, "| `payment_url` |", "| |"),
    (check_http_names, "| `decline_code` |", "| |"),
    (check_http_names, "`Idempotent-Replayed: true`", "a mark"),
    (check_http_names, "| `from_future` |", "| |"),
    (check_http_names, "and `quantity` (else 1)", ""),
    (check_http_names, "| `created_from`, `created_to` |", "| `from`, `to` |"),
    (check_http_names, "`failure_reason` and", "and"),
    (check_routes, "| `GET /api/v1/refunds/{id}` | your", "| `GET /api/v1/refund/{id}` | your"),
    (check_routes, "`GET`, `PATCH /api/v1/payments/{id}`", "`GET /api/v1/payments/{id}`"),
    (check_tests, "::test_payments_are_found_by_time`", "::test_payments_are_found`"),
    (check_failures, "| 403 | `account_invalid` |", "| 404 | `account_invalid` |"),
    (check_events, "| `PaymentCanceledEvent` |", "| `PaymentAbortedEvent` |"),
    (check_events, "`amount_received`, `charge_id`", "`charge_id`"),
    (check_events, "| `session_id`, `payment_status`", "| `session_id`"),
    (check_events, "   payment_intent.processing\n", ""),
    (check_events, "| `occurred_at` | the Stripe", "| the Stripe"),
    (check_events, "`RefundCreatedEvent`; `RefundSucceededEvent` if", "`RefundCreatedEvent` if"),
    (check_record_headers, "| `ce_time` |", "| |"),
    (check_exit_codes, "| 5 | Kafka", "| Kafka"),
    (check_log_events, "| `kafka_recovered` |", "| |"),
    (check_promises, "`tests/server/test_middleware.py`", "`tests/server/test_middle.py`"),
    (check_metrics, "| `paycli_workers` |", "| `paycli_processes` |"),
    (check_metrics, "`method`, `route`, `status`", "`method`, `status`"),
    (check_tree, "  catalogue.py ", "  catalog.py "),
    (check_tree, "  stripe_sdk.py ", "  "),
    (check_stand_in, "POST /_sandbox/payouts", "POST /_sandbox/payout"),
    (check_stand_in, "`rubbish`", "`nonsense`"),
    (check_stand_in, "`settle_seconds`", "`settle`"),
    (check_proofs, "scripts/chaos soak --seed 1", "scripts/chaos soap --seed 1"),
    (check_proofs, "`scripts/chaos disk-full --seed 3`", "`scripts/chaos disk-full --sed 3`"),
    (check_proofs, "tests/chaos_tests/test_runs.py", "tests/chaos_tests/test_run.py"),
    (check_proofs, "| `broker wiped` |", "| `broker erased` |"),
    (check_speed, "`scripts/bench payments`", "`scripts/bench payment`"),
    (check_speed, "| `scripts/bench events` |", "| |"),
    (check_speed, "`scripts/scaling`", "`scripts/scale`"),
    (check_links, "(#going-live)", "(#go-live)"),
    (check_links, "(LICENSE)", "(LICENCE)"),
]
CHECKS = list(dict.fromkeys(check for check, _, _ in CONTROLS))


@pytest.mark.parametrize("check", CHECKS)
def test_the_readme_is_complete_and_true(check: Check) -> None:
    """What others build on is in the README, and what the README names is there."""
    assert check(README) == []


@pytest.mark.parametrize(("check", "old", "new"), CONTROLS)
def test_what_is_left_out_or_made_up_is_noticed(check: Check, old: str, new: str) -> None:
    """The control: with something taken out of the README or changed, the check is red."""
    assert old in README
    assert check(README.replace(old, new)) != []


def test_every_failure_that_reaches_http_has_a_status() -> None:
    """Each leaf of the tree of errors is in the table of statuses, but for those of commands."""
    leaves = [kind for kind in descendants(errors.PaycliError) if not kind.__subclasses__()]
    outside = {"settings_invalid", "cannot_listen", "daemon_not_reached", "sandbox_failed"}
    outside |= {"event_not_found", "unknown_event_type", "line_invalid", "topic_not_confirmed"}
    outside |= {"event_not_mapped", "resume_invalid", "event_not_on_topic"}
    outside |= {"saved_request_invalid"}
    assert {kind.code for kind in leaves if kind not in problems.STATUS} - outside == set()


def descendants(kind: type[errors.PaycliError]) -> list[type[errors.PaycliError]]:
    """All classes under a class that the project defines."""
    inner = [each for each in kind.__subclasses__() if each.__module__.startswith("paycli")]
    return inner + [each for child in inner for each in descendants(child)]


class Moody(BaseHTTPRequestHandler):
    """Answers 503, then 502 to be repeated, then 201; to a request for 1, 402 at once."""

    keys: list[str | None]

    def do_POST(self) -> None:
        """Notes the idempotency key."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.keys.append(self.headers["Idempotency-Key"])
        status = 402 if asked["amount"] == 1 else {1: 503, 2: 502}.get(len(self.keys), 201)
        problem = {"code": f"c{status}", "detail": "No."} | (
            {"retryable": True} if status == 502 else {}
        )
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(json.dumps({"id": "pi_1"} if status == 201 else problem).encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def moody() -> Iterator[tuple[str, list[str | None]]]:
    """Give the address of a server that fails at first, and the keys that it was sent."""
    Moody.keys = []
    with HTTPServer(("127.0.0.1", 0), Moody) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", Moody.keys
        server.shutdown()


def test_the_callers_example_repeats_with_the_same_key(
    moody: tuple[str, list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Python of the README has at most 20 lines, and repeats what it should with one key."""
    url, keys = moody
    caller, usage = blocks(section(README, "A caller in Python"), "python")
    compile(usage, "README.md", "exec")
    assert len([line for line in caller.splitlines() if line]) <= 20
    names: dict[str, Any] = {}
    exec(compile(caller, "README.md", "exec"), names)
    pauses: list[float] = []
    monkeypatch.setattr(names["time"], "sleep", pauses.append)
    assert names["create_payment"](url, "t", {"amount": 2}, "k") == {"id": "pi_1"}
    assert (keys, pauses) == (["k"] * 3, [0, 2])
    with pytest.raises(RuntimeError, match="c402"):
        names["create_payment"](url, "t", {"amount": 1}, "other")
    assert keys[3:] == ["other"]
