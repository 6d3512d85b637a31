"""The command line as operators use it: output, messages and exit codes."""

import json
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.command_line import run
from harness.deliveries import payment_intent_event
from harness.ports import free_port
from harness.sender import stripe_signature
from harness.stripe import respond
from service import SECRET, Service, daemon_settings

Completed = subprocess.CompletedProcess[str]


class Shell:
    """Runs `paycli` in a temporary directory, with only the passed settings."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.settings = dict(settings)

    def run(
        self, *arguments: str, stdin: bytes | None = None, changed: Mapping[str, str] | None = None
    ) -> Completed:
        """Run one command; `changed` overrides settings."""
        settings = {"COLUMNS": "80", **self.settings, **(changed or {})}
        return run(self.folder, arguments, settings, stdin=stdin or b"")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Provide a shell with only the webhook secret set."""
    return Shell(tmp_path, {"PAYCLI_STRIPE_WEBHOOK_SECRETS": SECRET})


@pytest.fixture
def full_shell(service: Service, tmp_path: Path) -> Iterator[Shell]:
    """Provide a shell with all settings of the running daemon."""
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    service.records()
    yield Shell(tmp_path, {**settings, "PAYCLI_LISTEN": f"127.0.0.1:{service.daemon.port}"})
    service.stripe.clear_faults()


@pytest.fixture
def body(tmp_path: Path) -> bytes:
    """Provide the body of an event, which is also in body.json."""
    body = payment_intent_event("evt_cli", "pi_cli")
    (tmp_path / "body.json").write_bytes(body)
    return body


def test_a_valid_signature_verifies(shell: Shell, body: bytes) -> None:
    """`webhook verify` exits with 0 for a payload in a file and on standard input."""
    header = stripe_signature(body, SECRET)
    for payload, stdin in (("body.json", None), ("-", body)):
        done = shell.run("webhook", "verify", payload, "--signature", header, "--json", stdin=stdin)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["valid"] is True


@pytest.mark.parametrize(
    ("at_offset_seconds", "header", "cause", "detail"),
    [
        (0, "t=1,v1=" + "0" * 64, "mismatch", "secret"),
        (0, "t=1", "no_v1", "v1"),
        (0, "v1=zz", "header_malformed", "v1"),
        (1000, None, "stale", "1000 s"),
        (-1000, None, "from_future", "1000 s"),
    ],
)
def test_an_invalid_signature_has_a_cause(
    shell: Shell, body: bytes, at_offset_seconds: int, header: str | None, cause: str, detail: str
) -> None:
    """`webhook verify` exits with 6 and names the cause, also at the time of `--at`."""
    now = int(time.time())
    header = header or stripe_signature(body, SECRET, now)
    moment = datetime.fromtimestamp(now + at_offset_seconds, UTC)
    for at in (str(now + at_offset_seconds), moment.isoformat()):
        done = shell.run(
            "webhook", "verify", "body.json", "--signature", header, "--at", at, "--json"
        )
        assert done.returncode == 6
        verdict = json.loads(done.stdout)
        assert (verdict["valid"], verdict["cause"]) == (False, cause)
        assert detail in verdict["detail"]
        assert SECRET not in done.stdout + done.stderr


def test_sign_prints_stripes_header(shell: Shell, body: bytes) -> None:
    """`webhook sign` prints only the header value, for use in other commands."""
    done = shell.run("webhook", "sign", "body.json", "--at", "1700000000")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == stripe_signature(body, SECRET, 1_700_000_000) + "\n"
    as_json = shell.run("webhook", "sign", "body.json", "--at", "1700000000", "-o", "json")
    assert json.loads(as_json.stdout) == {"signature": done.stdout.strip()}


def test_secrets_can_be_read_from_files(tmp_path: Path, body: bytes) -> None:
    """A secret is read from the file of a flag, and from the secrets directory."""
    (tmp_path / "paycli_stripe_webhook_secrets").write_text(SECRET + "\n")
    shell = Shell(tmp_path, {})
    arguments = ("webhook", "verify", "body.json", "--signature", stripe_signature(body, SECRET))
    flag = ("--stripe-webhook-secrets-file", "paycli_stripe_webhook_secrets")
    assert shell.run(*arguments).returncode == 3
    assert shell.run(*arguments, *flag).returncode == 0
    assert shell.run(*arguments, changed={"PAYCLI_SECRETS_DIR": str(tmp_path)}).returncode == 0


def test_a_sent_event_is_found_in_kafka(full_shell: Shell, service: Service) -> None:
    """`webhook send` prints the daemon's response and the location of the record in Kafka."""
    done = full_shell.run(
        *("webhook", "send", "payment_intent.succeeded", "-o", "ndjson"),
        *("--set", "data.object.amount=777", "--set", "data.object.metadata.reference=b-7"),
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    [record] = service.records()
    assert (result["status"], result["outcome"]) == (200, "published")
    assert result["topic"] == service.topic
    assert (result["partition"], result["offset"]) == (record.partition, record.offset)
    assert result["event_id"] == record.header("ce_id")
    value = json.loads(record.value or b"")
    assert (value["amount"], value["reference"]) == (777, "b-7")


def test_an_unreadable_event_is_found_on_its_topic(full_shell: Shell, service: Service) -> None:
    """`webhook send` of an unreadable event prints its record on the unreadable topic."""
    done = full_shell.run(
        *("webhook", "send", "payment_intent.created", "--json"),
        *("--set", "data.object.amount=null"),
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["outcome"], result["topic"]) == ("unreadable", f"{service.topic}.unreadable")


def test_an_event_of_the_wrong_mode_is_not_a_kafka_failure(full_shell: Shell) -> None:
    """`webhook send` of a live event to a daemon with a test key exits with 1, not 5."""
    done = full_shell.run(
        *("webhook", "send", "payment_intent.succeeded", "--json", "--set", "livemode=true")
    )
    assert (done.returncode, json.loads(done.stdout)["code"]) == (1, "mode_mismatch")


def test_a_webhook_is_sent_to_the_public_listener(full_shell: Shell) -> None:
    """Without --url, `webhook send` uses PAYCLI_PUBLIC_LISTEN; a wildcard is this machine."""
    port = free_port()
    changed = {"PAYCLI_PUBLIC_LISTEN": f"*:{port}"}
    done = full_shell.run("webhook", "send", "payment_intent.succeeded", changed=changed)
    assert done.returncode == 1
    assert f"no daemon answers at http://127.0.0.1:{port} " in done.stderr


@pytest.mark.parametrize(
    ("changed", "code", "status"),
    [
        ({"PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_of_another_endpoint"}, 6, "signature_invalid"),
        ({"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, 5, ""),
    ],
)
def test_the_exit_code_of_a_failed_send(
    full_shell: Shell, changed: dict[str, str], code: int, status: str
) -> None:
    """`webhook send` exits with 6 for a refused signature, with 5 for unreachable brokers."""
    done = full_shell.run("webhook", "send", "payment_intent.succeeded", changed=changed)
    assert done.returncode == code, done.stderr
    assert status in done.stdout
    assert "Traceback" not in done.stderr


def test_an_unreachable_daemon_is_one_line(full_shell: Shell) -> None:
    """Without a daemon, `webhook send` exits with 1 and a one-line message."""
    done = full_shell.run(
        *("webhook", "send", "payment_intent.succeeded"),
        *("--url", f"http://127.0.0.1:{free_port()}"),
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "no daemon answers" in done.stderr


def test_a_payment_is_created_and_shown(full_shell: Shell, service: Service) -> None:
    """`intent create` sends minor units, and prints the idempotency key before the call."""
    done = full_shell.run(
        *("intent", "create", "--amount", "20.00", "--currency", "eur", "--json"),
        *("--reference", "b-9", "--metadata", "room=12"),
    )
    assert done.returncode == 0, done.stderr
    payment = json.loads(done.stdout)
    sent = service.stripe.requests[-1]
    assert (sent.form["amount"], sent.form["metadata[room]"]) == ("2000", "12")
    assert sent.idempotency_key is not None
    assert sent.idempotency_key in done.stderr
    shown = full_shell.run("intent", "get", payment["id"], "-o", "ndjson")
    assert json.loads(shown.stdout) == payment
    table = full_shell.run("intent", "get", payment["id"])
    assert payment["id"] in table.stdout


def test_the_same_key_returns_the_same_payment(full_shell: Shell) -> None:
    """`intent create` with a used key prints the same payment, and a message."""
    command = ("intent", "create", "--amount-minor", "500", "--currency", "jpy", "--json")
    first = full_shell.run(*command, "--idempotency-key", "cli-1")
    again = full_shell.run(*command, "--idempotency-key", "cli-1")
    assert first.stdout == again.stdout
    assert "used before" in again.stderr


def create_paid_payment(shell: Shell, service: Service, *arguments: str) -> str:
    """Create a payment of 20 euros that a customer has paid or authorized; return its id."""
    done = shell.run(
        *("intent", "create", "--amount", "20.00", "--currency", "eur", "--json", *arguments)
    )
    payment_id = str(json.loads(done.stdout)["id"])
    assert service.stripe.pay(payment_id).status == 200
    return payment_id


def parse_output(done: Completed) -> dict[str, object]:
    """Return the JSON output of a successful command."""
    assert done.returncode == 0, done.stderr
    output: dict[str, object] = json.loads(done.stdout)
    return output


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("10.99", "eur", "1099"),
        ("500", "jpy", "500"),
        ("500", "isk", "50000"),
        ("1.500", "kwd", "1500"),
    ],
)
def test_an_amount_is_also_printed_in_minor_units(
    full_shell: Shell, service: Service, amount: str, currency: str, minor: str
) -> None:
    """`--amount` has the currency's decimals; its minor units are printed before the call."""
    done = full_shell.run("intent", "create", "--amount", amount, "--currency", currency, "--json")
    assert parse_output(done)["amount"] == int(minor)
    assert f"{amount} {currency.upper()} is {minor} in Stripe's unit" in done.stderr
    assert service.stripe.requests[-1].form["amount"] == minor


def test_a_payment_is_partially_captured(full_shell: Shell, service: Service) -> None:
    """`intent capture --amount` has the decimals of the payment's currency."""
    payment_id = create_paid_payment(full_shell, service, "--capture-method", "manual")
    wrong = full_shell.run("intent", "capture", payment_id, "--amount", "15")
    assert (wrong.returncode, "15.00" in wrong.stderr) == (2, True)
    done = full_shell.run("intent", "capture", payment_id, "--amount", "15.00", "--json")
    assert parse_output(done)["amount_received"] == 1500
    assert "15.00 EUR is 1500" in done.stderr


def test_a_payment_is_refunded_and_its_refunds_are_listed(
    full_shell: Shell, service: Service
) -> None:
    """`intent refund` refunds a part or the rest; `refund list` and `get` show the refunds."""
    payment_id = create_paid_payment(full_shell, service, "--reference", "b-10")
    part = parse_output(
        full_shell.run("intent", "refund", payment_id, "--amount-minor", "500", "--json")
    )
    rest = parse_output(
        full_shell.run("intent", "refund", payment_id, "--reason", "duplicate", "--json")
    )
    assert (part["amount"], rest["amount"], rest["reference"]) == (500, 1500, "b-10")
    page = parse_output(full_shell.run("refund", "list", payment_id, "--json"))
    assert page == {"data": [rest, part], "next_cursor": None}
    assert parse_output(full_shell.run("refund", "get", str(part["id"]), "--json")) == part
    again = full_shell.run("intent", "refund", payment_id)
    assert (again.returncode, "nothing is left to do" in again.stderr) == (4, True)


@pytest.mark.parametrize("option", ["--amount", "--amount-minor"])
@pytest.mark.parametrize("amount", ["", " ", "nan", "NaN", "inf", "0", "0.00", "-5.00", "null"])
def test_an_amount_that_is_no_amount_refunds_nothing(
    full_shell: Shell, service: Service, option: str, amount: str
) -> None:
    """An empty variable or a failed calculation is wrong usage, not the whole amount."""
    payment_id = create_paid_payment(full_shell, service)
    done = full_shell.run("intent", "refund", payment_id, option, amount)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert parse_output(full_shell.run("refund", "list", payment_id, "--json"))["data"] == []


def test_a_payment_is_updated_and_canceled(full_shell: Shell) -> None:
    """`intent update` merges metadata and removes empty keys; `intent cancel` cancels."""
    payment = parse_output(
        full_shell.run(
            *("intent", "create", "--amount-minor", "2000", "--currency", "eur", "--json"),
            *("--metadata", "a=1", "--metadata", "b=2", "--description", "One"),
        )
    )
    payment_id = str(payment["id"])
    command = ("intent", "update", payment_id, "--json")
    changed = parse_output(full_shell.run(*command, "--metadata", "b=", "--metadata", "c=3"))
    assert (changed["metadata"], changed["description"]) == ({"a": "1", "c": "3"}, "One")
    assert full_shell.run(*command).returncode == 2
    cancel = ("intent", "cancel", payment_id, "--json", "--idempotency-key", uuid.uuid4().hex)
    done = full_shell.run(*cancel, "--reason", "abandoned")
    assert parse_output(done)["status"] == "canceled"
    assert "idempotency key" not in done.stderr
    again = full_shell.run(*cancel, "--reason", "abandoned")
    assert again.stdout == done.stdout
    assert "used before" in again.stderr


def test_payments_are_listed(full_shell: Shell) -> None:
    """`intent list` prints a page and the cursor of the next; a table fits 80 columns."""
    reference = uuid.uuid4().hex[:8]
    for _ in range(3):
        command = ("intent", "create", "--amount", "20.00", "--currency", "eur")
        assert full_shell.run(*command, "--reference", reference).returncode == 0
    command = ("intent", "list", "--reference", reference, "--limit", "2")
    first = parse_output(full_shell.run(*command, "--json"))
    cursor = str(first["next_cursor"])
    rest = parse_output(full_shell.run(*command, "--json", "--cursor", cursor))
    listed = [*first["data"], *rest["data"]]  # type: ignore[misc]  # lists
    assert len({each["id"] for each in listed}) == 3
    assert rest["next_cursor"] is None
    table = full_shell.run(*command)
    assert f"--cursor {cursor}" in table.stderr
    lines = table.stdout.splitlines()
    assert lines[0].split() == ["id", "status", "amount", "reference"]
    assert ("20.00 EUR" in lines[1], max(map(len, lines)) <= 80) == (True, True)
    rows = full_shell.run(*command, "-o", "ndjson").stdout.splitlines()
    assert [json.loads(row)["id"] for row in rows] == [each["id"] for each in listed[:2]]
    assert full_shell.run("intent", "list", "--cursor", "nowhere").returncode == 2
    assert full_shell.run("intent", "list", "--status", "paid").returncode == 2


def test_a_checkout_has_line_items(full_shell: Shell, service: Service) -> None:
    """`--line-item` is repeatable, its amounts have decimals, and their sum is the total."""
    done = full_shell.run(
        *("intent", "create", "--currency", "eur", "--flow", "checkout", "--json"),
        *("--reference", "b-11", "--success-url", "https://shop.test/paid"),
        *("--line-item", "2:9.00:Night: double room", "--line-item", "1:2.00:Breakfast"),
    )
    assert parse_output(done)["amount"] == 2000
    form = service.stripe.requests[-1].form
    assert form["line_items[0][price_data][product_data][name]"] == "Night: double room"
    assert form["line_items[0][price_data][unit_amount]"] == "900"


def test_a_call_for_a_connected_account(full_shell: Shell, service: Service) -> None:
    """`--account` is sent to Stripe; anything but an account id is wrong usage."""
    assert full_shell.run("intent", "list", "--account", "acct_shop7").returncode == 0
    assert service.stripe.requests[-1].headers["stripe-account"] == "acct_shop7"
    assert full_shell.run("intent", "list", "--account", "shop").returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("intent", "create", "--amount", "2000", "--currency", "eur"),
        ("intent", "create", "--amount", "20.00", "--currency", "jpy"),
        ("intent", "create", "--amount", "20.00", "--currency", "zzz"),
        ("intent", "create", "--amount", "20.00", "--amount-minor", "1", "--currency", "eur"),
        ("intent", "create", "--currency", "eur"),
        ("intent", "create", "--amount-minor", "550", "--currency", "isk"),
        ("intent", "create", "--amount", "1.00", "--currency", "eur", "--flow", "checkout"),
        ("intent", "create", "--amount", "1.00", "--currency", "eur", "--metadata", "x"),
        ("intent", "get", "pi_1", "--json", "-o", "table"),
        ("webhook", "send", "made.up"),
        ("webhook", "send", "payment_intent.succeeded", "--set", "id.x.y=1"),
        ("webhook", "verify", "missing.json", "--signature", "t=1"),
        ("webhook", "verify", "missing.json"),
        ("webhook", "sign", "/dev/null", "--at", "yesterday"),
        ("nonsense",),
    ],
)
def test_wrong_usage_is_2(full_shell: Shell, service: Service, arguments: tuple[str, ...]) -> None:
    """Wrong usage exits with 2 and a message, before any request to Stripe."""
    before = len(service.stripe.requests)
    done = full_shell.run(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert len(service.stripe.requests) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "--amount", "1.00", "--currency", "eur"),
        ("update", "pi_1", "--description", "x"),
        ("increment", "pi_1", "--amount-minor", "500"),
        ("capture", "pi_1"),
        ("cancel", "pi_1"),
        ("refund", "pi_1"),
    ],
)
def test_a_live_key_needs_the_flag(full_shell: Shell, arguments: tuple[str, ...]) -> None:
    """With a live key, every command that changes something is refused without --live."""
    del full_shell.settings["PAYCLI_STRIPE_API_BASE"]
    changed = {"PAYCLI_STRIPE_API_KEY": "sk_live_x"}
    done = full_shell.run("intent", *arguments, changed=changed)
    assert done.returncode == 2
    assert "--live" in done.stderr


def test_a_command_requires_only_the_settings_it_uses(tmp_path: Path) -> None:
    """Missing settings exit with 3, and the message names only those that the command uses."""
    shell = Shell(tmp_path, {"PAYCLI_KAFKA_CONFIG": "malformed"})
    done = shell.run("intent", "get", "pi_1")
    assert done.returncode == 3
    assert "PAYCLI_STRIPE_API_KEY" in done.stderr
    assert "KAFKA" not in done.stderr


def test_stripe_failures_exit_with_4(full_shell: Shell, service: Service) -> None:
    """A refusal by Stripe, an unknown payment and an unreachable Stripe each exit with 4."""
    refusal = {"error": {"type": "invalid_request_error", "message": "No such customer."}}
    service.stripe.inject(respond(400, refusal))
    done = full_shell.run("intent", "create", "--amount", "1.00", "--currency", "eur")
    assert done.returncode == 4
    assert "No such customer." in done.stderr
    assert full_shell.run("intent", "get", "pi_unknown").returncode == 4
    unreached = f"http://127.0.0.1:{free_port()}"
    unreachable = full_shell.run(
        "intent", "get", "pi_1", changed={"PAYCLI_STRIPE_API_BASE": unreached}
    )
    assert unreachable.returncode == 4


def test_asyncapi_prints_the_document_and_writes_the_schemas(shell: Shell) -> None:
    """The output is one JSON document with the configured topic; each event has a schema file."""
    topic = {"PAYCLI_KAFKA_TOPIC": "t"}
    done = shell.run("asyncapi", "--schemas", "out/schemas", changed=topic)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    channels = document["channels"]
    assert [channel["address"] for channel in channels.values()] == ["t", "t.unreadable"]
    files = {path.name: path for path in (shell.folder / "out/schemas").iterdir()}
    assert set(files) == {f"{name}.v1.json" for name in document["components"]["messages"]}
    schema = json.loads(files["PaymentSucceededEvent.v1.json"].read_text("utf-8"))
    assert schema["properties"]["amount"]["type"] == "integer"
    one_line = shell.run("asyncapi", "-o", "ndjson", changed=topic).stdout
    assert (json.loads(one_line), one_line.count("\n")) == (document, 1)


def test_asyncapi_lists_the_events_as_a_table(shell: Shell) -> None:
    """The table has each event with its Stripe types and its own fields."""
    done = shell.run("asyncapi", "-o", "table", changed={"COLUMNS": "250"})
    rows = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    events = {row[0]: row[1] for row in rows}
    assert "refund.created, refund.updated" in events["RefundSucceededEvent"]
    assert events["CheckoutExpiredEvent"].split(maxsplit=1) == [
        "checkout.session.expired",
        "session_id, mode",
    ]
    assert len(events) == 41  # 40 events, and the header


def test_asyncapi_refuses_invalid_arguments(shell: Shell) -> None:
    """An invalid topic name and a directory that is a file are refused."""
    assert shell.run("asyncapi", changed={"PAYCLI_KAFKA_TOPIC": "a b"}).returncode == 3
    (shell.folder / "file").write_text("")
    done = shell.run("asyncapi", "--schemas", "file")
    assert (done.returncode, done.stdout) == (2, "")
