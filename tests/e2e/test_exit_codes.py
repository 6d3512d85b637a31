"""Every exit code that a command's help names occurs."""

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from harness.confluent_registry import ConfluentRegistry
from harness.kafka_broker import KafkaBroker
from harness.ports import free_port
from harness.sender import stripe_signature
from harness.stripe import Stripe, always, respond
from harness.tools import ROOT
from paycli.__main__ import main
from paycli.cli.help import PaycliCommand
from paycli.cli.main import application
from paycli.sandbox.standin import WebhookTarget
from service import SECRET, Service, daemon_settings

# Changed settings of a case; capital words are replaced by values of the fixture `values`.
INVALID_LISTEN = {"PAYCLI_LISTEN": "8080"}
LIVE = {"PAYCLI_STRIPE_API_KEY": "sk_live_x", "PAYCLI_STRIPE_API_BASE": ""}
NO_KEY = {"PAYCLI_STRIPE_API_KEY": ""}
NO_KAFKA = {"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": ""}
NO_SECRET = {"PAYCLI_STRIPE_WEBHOOK_SECRETS": ""}
MISSING_TOPIC = {"PAYCLI_KAFKA_TOPIC": "not.there"}
INVALID_TOPIC = {"PAYCLI_KAFKA_TOPIC": "a b"}
STRIPE_REFUSES = {"PAYCLI_STRIPE_API_BASE": "REFUSING"}
DAEMON_DOWN = {"PAYCLI_LISTEN": "CLOSED"}
EUREKA_DOWN = {"PAYCLI_EUREKA_URL": "http://CLOSED/eureka"}

ADDRESS = "https://pay.example/api/v1/stripe/events"
Case = tuple[str, int, dict[str, str]]
STRIPE_COMMANDS = {
    "intent create": "--amount 20.00 --currency eur",
    "intent get": "PAYMENT",
    "intent list": "",
    "intent update": "PAYMENT --metadata room=14",
    "intent increment": "INCREMENTAL --amount 30.00",
    "intent capture": "HELD --amount 10.00",
    "intent cancel": "OPEN",
    "intent refund": "PAYMENT --amount 1.00",
    "refund get": "REFUND",
    "refund list": "PAYMENT",
    "transfer create": "PAYMENT --destination acct_1 --amount 1.00",
    "transfer list": "PAYMENT",
    "transfer reverse": "TRANSFER --amount 0.01",
    "payout list": "",
    "payout get": "PAYOUT",
    "payout transactions": "PAYOUT",
    "payout export": "PAYOUT",
    "balance": "",
    "account create": "--country DE",
    "account get": "acct_1",
    "account link": "acct_1 --refresh-url https://a.test/ --return-url https://b.test/",
    "customer create": "--file guest.json",
    "customer get": "CUSTOMER",
    "customer list": "",
    "customer update": "CUSTOMER --metadata tier=gold",
    "customer delete": "ERASED",
    "customer methods": "CUSTOMER",
    "customer detach": "CUSTOMER CARD",
    "setup create": "--customer CUSTOMER --usage on_session --reference booking-42",
    "setup get": "SETUP",
    "setup cancel": "SETUP --reason abandoned",
    "dispute list": "--status needs_response",
    "dispute get": "DISPUTE",
    "dispute evidence": "DISPUTE --stage --file evidence.json",
    "dispute accept": "DISPUTE --yes",
    "endpoint list": "",
    "endpoint apply": f"--url {ADDRESS} --new --secret-file new-secret",
    "endpoint retire": "SPARE",
}
TOPIC_COMMANDS = {
    "events tail": "--from-beginning --exit",
    "events list": "",
    "events show": "evt_known",
    "events export": "",
}
STRIPE_AND_TOPIC_COMMANDS = {
    "payment timeline": "PAYMENT",
    "events backfill": "--since 1h --dry-run",
}
CASES: list[Case] = [
    *(
        (f"{name} {arguments}", 0, {})
        for name, arguments in (
            STRIPE_COMMANDS | TOPIC_COMMANDS | STRIPE_AND_TOPIC_COMMANDS
        ).items()
    ),
    *(
        (f"{name} {arguments}", 3, NO_KEY)
        for name, arguments in (STRIPE_COMMANDS | STRIPE_AND_TOPIC_COMMANDS).items()
    ),
    *(
        (f"{name} {arguments}", 4, STRIPE_REFUSES)
        for name, arguments in (STRIPE_COMMANDS | STRIPE_AND_TOPIC_COMMANDS).items()
    ),
    *(
        (f"{name} {arguments}", 3, NO_KAFKA)
        for name, arguments in (TOPIC_COMMANDS | STRIPE_AND_TOPIC_COMMANDS).items()
    ),
    *(
        (f"{name} {arguments}", 5, MISSING_TOPIC)
        for name, arguments in (TOPIC_COMMANDS | STRIPE_AND_TOPIC_COMMANDS).items()
    ),
    ("intent create --amount 2000 --currency eur", 2, {}),
    ("intent get", 2, {}),
    ("intent list --limit 1000", 2, {}),
    ("intent update PAYMENT --metadata room", 2, {}),
    ("intent increment INCREMENTAL", 2, {}),
    ("intent capture HELD --amount 10.00 --amount-minor 1000", 2, {}),
    ("intent cancel OPEN --reason bored", 2, {}),
    ("intent refund PAYMENT --amount 1.999", 2, {}),
    ("intent create --amount 20.00 --currency eur", 2, LIVE),
    ("refund get", 2, {}),
    ("refund list PAYMENT --cursor x", 2, {}),
    ("transfer create PAYMENT --destination acct_1", 2, {}),
    ("transfer create PAYMENT --destination acct_1 --amount 1.00", 2, LIVE),
    ("transfer create OPEN --destination acct_1 --amount 1.00", 2, {}),
    ("transfer list PAYMENT --cursor x", 2, {}),
    ("transfer reverse TRANSFER --amount 0.001", 2, {}),
    ("transfer reverse TRANSFER", 2, LIVE),
    ("transfer reverse tr_unknown", 4, {}),
    ("payout list --status lost", 2, {}),
    ("payout get", 2, {}),
    ("payout get po_unknown", 4, {}),
    ("payout transactions PAYOUT --cursor x", 2, {}),
    ("payout export PAYOUT --file body.json", 2, {}),
    ("balance --account host", 2, {}),
    ("account create", 2, {}),
    ("account get", 2, {}),
    ("account link acct_1", 2, {}),
    ("customer create --file missing.json", 2, {}),
    ("customer get", 2, {}),
    ("customer list --limit 1000", 2, {}),
    ("customer update CUSTOMER", 2, {}),
    ("customer delete", 2, {}),
    ("customer methods", 2, {}),
    ("customer methods cus_unknown", 4, {}),
    ("customer detach CUSTOMER", 2, {}),
    ("customer detach CUSTOMER CARD", 2, LIVE),
    ("customer detach ERASED CARD", 4, {}),
    ("setup create --customer CUSTOMER --flow checkout", 2, {}),
    ("setup create --customer CUSTOMER", 2, LIVE),
    ("setup create --customer cus_unknown", 4, {}),
    ("setup get", 2, {}),
    ("setup cancel SETUP --reason bored", 2, {}),
    ("setup cancel SETUP", 2, LIVE),
    ("dispute list --status open", 2, {}),
    ("dispute list --payment pi_unknown", 4, {}),
    ("dispute get", 2, {}),
    ("dispute evidence DISPUTE --file evidence.json", 2, {}),
    ("dispute evidence DISPUTE --submit", 2, {}),
    ("dispute evidence DISPUTE --submit --yes", 2, LIVE),
    ("dispute evidence du_unknown --submit --yes", 4, {}),
    ("dispute accept DISPUTE", 2, {}),
    ("dispute accept DISPUTE --yes", 2, LIVE),
    ("endpoint list --json -o table", 2, {}),
    ("endpoint apply --url https://pay.example", 2, {}),
    (f"endpoint apply --url {ADDRESS} --new", 2, {}),
    (f"endpoint apply --url {ADDRESS} --new --secret-file body.json", 2, {}),
    (f"endpoint apply --url {ADDRESS} --connect --secret-file new-secret", 1, {}),
    (f"endpoint apply --url {ADDRESS}", 2, LIVE),
    ("endpoint retire", 2, {}),
    ("endpoint retire we_unknown", 1, {}),
    ("endpoint retire SPARE", 2, LIVE),
    ("payment timeline", 2, {}),
    ("payment timeline pi_unknown", 4, {}),
    ("payment timeline --reference unknown", 4, {}),
    ("events tail --json", 2, {}),
    ("events list --since yesterday", 2, {}),
    ("events show", 2, {}),
    ("events show evt_unknown", 1, {}),
    ("events backfill", 2, {}),
    ("events export --offsets x", 2, {}),
    ("events replay records.jsonl --topic COPY", 0, {}),
    ("events replay", 2, {}),
    ("events replay records.jsonl --topic COPY", 3, NO_KAFKA),
    ("events replay records.jsonl --topic not.there", 5, {}),
    ("events replay --id evt_unknown", 4, {}),
    ("webhook verify body.json --signature GOOD", 0, {}),
    ("webhook verify body.json --signature t=1,v1=00", 6, {}),
    ("webhook verify missing.json --signature GOOD", 2, {}),
    ("webhook verify body.json --signature GOOD", 3, NO_SECRET),
    ("webhook sign body.json", 0, {}),
    ("webhook sign body.json --at noon", 2, {}),
    ("webhook sign body.json", 3, NO_SECRET),
    ("webhook send charge.expired", 0, {}),
    ("webhook send charge.expired", 1, DAEMON_DOWN),
    ("webhook send charge.expired --set x", 2, {}),
    ("webhook send charge.expired", 3, NO_SECRET),
    ("webhook send charge.expired", 5, MISSING_TOPIC),
    (
        "webhook send charge.expired",
        6,
        {"PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_of_another_endpoint"},
    ),
    (
        "webhook send charge.expired --count 2",
        6,
        {"PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_of_another_endpoint"},
    ),
    ("doctor", 0, {}),
    ("doctor", 1, EUREKA_DOWN | {"PAYCLI_ADVERTISE": "10.0.0.7:8080"}),
    ("doctor --json -o table", 2, {}),
    ("doctor", 3, INVALID_LISTEN),
    ("doctor", 3, NO_KEY | MISSING_TOPIC),
    ("doctor", 4, STRIPE_REFUSES | MISSING_TOPIC),
    ("doctor", 5, MISSING_TOPIC),
    ("init --file new.env", 0, {}),
    ("init --file body.json", 2, {}),
    ("config show", 0, {}),
    ("config show", 3, INVALID_LISTEN),
    ("config show --json -o table", 2, {}),
    ("openapi", 0, {}),
    ("openapi --pdf", 2, {}),
    ("asyncapi", 0, {}),
    ("asyncapi --schemas body.json", 2, {}),
    ("asyncapi", 3, INVALID_TOPIC),
    *(
        (f"schemas {command}{arguments}", code, changed)
        for command in ("check", "publish")
        for arguments, code, changed in (
            (" --registry REGISTRY", 0, {}),
            ("", 2, {}),
            (" --registry REGISTRY", 3, {"PAYCLI_SCHEMA_REGISTRY_BASIC_AUTH": "no-password"}),
            (" --registry http://CLOSED", 5, {}),
        )
    ),
    ("docs --file -", 0, {}),
    ("docs --file missing/docs.html", 2, {}),
    ("docs --file -", 3, INVALID_TOPIC),
    ("serve --sandbox-part all", 2, {}),
    ("serve", 3, INVALID_LISTEN),
]
TESTED_ELSEWHERE = {
    ("serve", 0): "test_start_and_stop.py::test_stopping_completes_accepted_requests",
    ("dispute evidence", 1): "../paycli/cli/test_dispute.py::test_no_is_no",
    ("dispute accept", 1): "../paycli/cli/test_dispute.py::test_no_is_no",
    (
        "payout export",
        1,
    ): "test_payouts.py::test_lines_that_do_not_sum_to_the_payout_are_an_error",
    **{
        (f"schemas {command}", 1): "../platform/test_schema_registry.py::"
        "test_an_incompatible_schema_is_refused"
        for command in ("check", "publish")
    },
    ("serve", 1): "test_start_and_stop.py::test_a_port_in_use_is_reported_in_one_line",
}


@cache
def documented() -> set[tuple[str, int]]:
    """Return each command with each exit code that its help names."""
    root = get_command(application())
    assert isinstance(root, TyperGroup)
    codes = set()
    for name, command in root.commands.items():
        subcommands = command.commands if isinstance(command, TyperGroup) else {"": command}
        for subname, subcommand in subcommands.items():
            assert isinstance(subcommand, PaycliCommand)
            codes |= {(f"{name} {subname}".strip(), code) for code in subcommand.exit_codes}
    return codes


def command_of(line: str) -> str:
    """Return the command of a line, without its arguments."""
    return next(name for name, _ in documented() if re.match(rf"{name}( |$)", line))


@pytest.fixture(scope="module")
def values(
    tmp_path_factory: pytest.TempPathFactory, kafka: KafkaBroker, service: Service
) -> Iterator[dict[str, str]]:
    """Provide the values of the capital words in a case: ids, addresses, a topic, a signature."""
    stripe = service.stripe
    target = WebhookTarget(ADDRESS, ("whsec_x",))
    for added in (target, target, replace(target, connect=True)):
        stripe.add_webhook_target(added)
    spare = stripe.call("GET", "/v1/webhook_endpoints").json["data"][1]["id"]
    form = {"amount": "2000", "currency": "eur"}
    ids = [stripe.call("POST", "/v1/payment_intents", form).json["id"] for _ in range(2)]
    held = stripe.call("POST", "/v1/payment_intents", form | {"capture_method": "manual"}).json
    stripe.pay(ids[0])
    stripe.pay(held["id"])
    charge = stripe.call("GET", f"/v1/payment_intents/{ids[0]}").json["latest_charge"]
    share = {"amount": "500", "currency": "eur", "destination": "acct_1"}
    transfer = stripe.call("POST", "/v1/transfers", {**share, "source_transaction": charge}).json
    option = {"payment_method_options[card][request_incremental_authorization]": "if_available"}
    manual = form | {"capture_method": "manual"}
    incremental = stripe.call("POST", "/v1/payment_intents", manual | option).json["id"]
    stripe.pay(incremental)
    refund = stripe.call("POST", "/v1/refunds", {"payment_intent": ids[0], "amount": "5"}).json
    stripe.control("clock", offset_seconds=3 * 86_400)  # so that something is available
    payout = stripe.control("payouts")["id"]
    stripe.control("clock", offset_seconds=0)
    guests = [stripe.call("POST", "/v1/customers").json["id"] for _ in range(2)]
    method = stripe.call(
        "POST", "/v1/payment_methods/pm_card_visa/attach", {"customer": guests[0]}
    ).json["id"]
    setup = stripe.call("POST", "/v1/setup_intents", {"customer": guests[0]}).json["id"]
    disputed = stripe.call("POST", "/v1/payment_intents", form).json["id"]
    stripe.pay(disputed)
    dispute = stripe.control("disputes", payment_intent=disputed)["id"]
    service.deliver_payment_event("evt_known", ids[0])
    kafka.create_topic(f"{service.topic}.copy")
    folder = tmp_path_factory.mktemp("cases")
    body = json.dumps({"id": "evt_1"}).encode()
    (folder / "body.json").write_bytes(body)
    (folder / "evidence.json").write_text('{"service_date": "12 to 14 January"}')
    (folder / "guest.json").write_text('{"email": "guest@example.com"}')
    line = {"topic": "t", "partition": 0, "offset": 0, "timestamp_ms": 1, "key": "k"}
    (folder / "records.jsonl").write_text(json.dumps({**line, "value": "v", "headers": []}) + "\n")
    with Stripe() as refusing, ConfluentRegistry() as registry:
        refusing.inject(always(respond(401, {"error": {"message": "Invalid API Key"}})))
        yield {
            "FOLDER": str(folder),
            "PAYMENT": ids[0],
            "OPEN": ids[1],
            "HELD": held["id"],
            "INCREMENTAL": incremental,
            "REFUND": refund["id"],
            "TRANSFER": transfer["id"],
            "PAYOUT": payout,
            "CUSTOMER": guests[0],
            "ERASED": guests[1],
            "CARD": method,
            "SETUP": setup,
            "DISPUTE": dispute,
            "SPARE": spare,
            "COPY": f"{service.topic}.copy",
            "GOOD": stripe_signature(body, SECRET),
            "REFUSING": refusing.url,
            "REGISTRY": registry.url,
            "CLOSED": f"127.0.0.1:{free_port()}",
        }


@pytest.mark.parametrize(("line", "code", "changed"), CASES, ids=lambda it: str(it)[:60])
def test_a_command_exits_with_its_code(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    values: dict[str, str],
    service: Service,
    line: str,
    code: int,
    changed: dict[str, str],
) -> None:
    """A failure has a documented exit code and a message, and never a traceback."""
    usual = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    usual["PAYCLI_LISTEN"] = f"127.0.0.1:{service.daemon.port}"

    def fill_in(text: str) -> str:
        return re.sub(r"\b[A-Z]{4,}\b", lambda match: values.get(match[0], match[0]), text)

    for name in [n for n in os.environ if n.startswith(("PAYCLI_", "STRIPE_", "KAFKA_"))]:
        monkeypatch.delenv(name)
    for name, value in (usual | changed).items():
        monkeypatch.setenv(name, fill_in(value))
    monkeypatch.chdir(values["FOLDER"])
    for name in ("new.env", "new-secret"):
        Path(name).unlink(missing_ok=True)
    monkeypatch.setattr(sys, "argv", ["paycli", *map(fill_in, line.split())])
    with pytest.raises(SystemExit) as exit_:
        main()
    out, err = capfd.readouterr()
    assert (exit_.value.code or 0) == code, err
    assert "Traceback" not in out + err
    assert code == 0 or out + err


def test_every_documented_code_is_tested() -> None:
    """Each exit code in the help of a command has a case, and each case is documented."""
    cases = {(command_of(line), code) for line, code, _ in CASES} | TESTED_ELSEWHERE.keys()
    assert cases == documented()
    for test_id in TESTED_ELSEWHERE.values():
        file, _, test = test_id.partition("::")
        assert f"def {test}(" in (ROOT / "tests/e2e" / file).read_text(encoding="utf-8")
