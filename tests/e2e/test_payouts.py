"""Payouts: each line leads to its booking, and the lines sum to the payout."""

import csv
import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import falcon.testing
import pytest

from harness.command_line import run
from harness.in_process import StripeBackend, services_over
from harness.stripe import Stripe, always, respond
from harness.stripe_objects import example
from harness.stripe_schema import expanded_types
from paycli.adapters.stripe.payout_sources import EXPANDED, EXPANDED_OF_CHARGE
from paycli.models import CreatePayment, CreateTransfer, RefundPayment, ReverseTransfer
from paycli.payments.access import Access
from paycli.payments.use_cases import UseCases
from paycli.sandbox.standin import Fault
from server.app import create_app
from server.metrics import Metrics
from service import BALANCE, PAYOUTS

HOST = "acct_1host"
LINES = "/v1/balance_transactions"
FORMULA = "=HYPERLINK(A1)"
HEADER = (
    "id,type,amount,fee,net,currency,payment_id,refund_id,dispute_id,reference,created_at,"
    "available_on"
)
STRIPES_LEVELS = 4
"""https://docs.stripe.com/api/expanding_objects: the maximum depth."""
LONG = 105
"""Payments of a payout with more than one page of lines in an export."""


class Platform:
    """A platform with one payment of each kind, paid out: `own`, `host`, `manual`, `failed`."""

    def __init__(self, stripe: Stripe) -> None:
        self.stripe = stripe
        self.paycli = UseCases(Access(StripeBackend(stripe.url), 1))
        self.keys = (f"key-{n}" for n in itertools.count())
        app = create_app(
            services_over(StripeBackend(stripe.url)),
            recorder=Metrics(1, {}).recorder(0),
            max_body_bytes=1000,
        )
        self.http = falcon.testing.TestClient(app, headers={"Authorization": "Bearer token"})
        self.ids = {
            "own": self.paid(reference=FORMULA),
            "shared": self.paid(reference="shared", destination=HOST, application_fee=2000),
            "kept": self.paid(reference="kept", destination=HOST, application_fee=500),
            "direct": self.paid(reference="direct", account=HOST, application_fee=1000),
            "split": self.paid(reference="split"),
            "won": self.paid(reference="won"),
            "nameless": self.paid(),
        }
        self.refunds = {
            "own": self.refund("own"),
            "shared": self.refund("shared", reverse_transfer=True, refund_application_fee=True),
            "kept": self.refund("kept", reverse_transfer=False, refund_application_fee=True),
            "direct": self.refund("direct", account=HOST, refund_application_fee=True),
        }
        request = CreateTransfer(destination=HOST, amount=7000)
        sent = self.paycli.transfers.create(self.ids["split"], request, next(self.keys)).result
        self.paycli.transfers.reverse(sent.id, ReverseTransfer(amount=100), next(self.keys))
        self.dispute = stripe.control("disputes", payment_intent=self.ids["won"])["id"]
        stripe.control("disputes/close", dispute=self.dispute, status="won")
        returned = stripe.control(
            "refunds", payment_intent=self.ids["nameless"], amount=300, status="requires_action"
        )
        self.returned = returned["id"]
        assert stripe.call("POST", f"/v1/refunds/{self.returned}/cancel").status == 200
        stripe.control("clock", offset_seconds=3 * 86_400)
        self.failed = stripe.control("payouts", failure_code="account_closed")
        self.own = stripe.control("payouts")
        self.host = stripe.control("payouts", account=HOST)
        for _ in range(LONG):
            self.paid(reference="long")
        self.manual = stripe.control("payouts", amount=500)
        stripe.control("clock", offset_seconds=6 * 86_400)
        self.long = stripe.control("payouts")

    def paid(self, **fields: object) -> str:
        """Create a payment that is paid."""
        request = CreatePayment.from_fields({"amount": 20_000, "currency": "eur", **fields})
        payment_id = self.paycli.payments.create(request, next(self.keys)).result.id
        form = {"payment_method": "pm_card_visa", "return_url": "https://hotel.test/back"}
        headers = {"Stripe-Account": request.account} if request.account else {}
        path = f"/v1/payment_intents/{payment_id}/confirm"
        assert self.stripe.call("POST", path, form, headers=headers).status == 200
        return payment_id

    def refund(self, name: str, **fields: Any) -> str:  # noqa: ANN401 - of a request
        """Refund 5.00 of a payment."""
        request = RefundPayment(amount=500, **fields)
        return self.paycli.refunds.create(self.ids[name], request, next(self.keys)).result.id

    def get(self, path: str, status: int = 200, /, **query: object) -> Any:  # noqa: ANN401 - JSON
        """Call a route, which must respond with this status."""
        params = {name: str(value) for name, value in query.items()}
        response = self.http.simulate_get(path, params=params)
        assert response.status_code == status, response.text
        return response.json

    def lines(self, payout: Any, limit: int = 100, /, **query: str) -> list[Any]:  # noqa: ANN401 - JSON
        """List all lines of a payout, page by page."""
        found: list[Any] = []
        while True:
            page = self.get(f"{PAYOUTS}/{payout['id']}/transactions", limit=limit, **query)
            found += page["data"]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]

    def run(self, folder: Path, *arguments: str) -> CompletedProcess[str]:
        """Run a command."""
        settings = {
            "PAYCLI_STRIPE_API_KEY": "sk_test_ofthetests",
            "PAYCLI_STRIPE_API_BASE": self.stripe.url,
        }
        return run(folder, arguments, settings)

    def instead(self, path: str, body: object) -> Fault:
        """Respond with a body to the requests to a path, in place of Stripe, until cleared."""
        return replace(always(respond(200, body)), path=path)


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """Give a platform whose payments are paid out."""
    with Stripe(seed=3) as stripe:
        yield Platform(stripe)


@pytest.fixture(autouse=True)
def no_faults(platform: Platform) -> Iterator[None]:
    """Remove the faults of each test."""
    yield
    platform.stripe.clear_faults()


def shown(line: dict[str, Any]) -> tuple[object, ...]:
    """Return what a line is about, without ids and times."""
    names = ("type", "amount", "fee", "payment_id", "refund_id", "dispute_id", "reference")
    return tuple(line[name] for name in names)


def test_each_line_of_the_platform_leads_to_its_booking(platform: Platform) -> None:
    """Charges, refunds, disputes, transfers and fees have their payment and its reference."""
    ids, refunds, dispute = platform.ids, platform.refunds, platform.dispute
    booked: dict[str, tuple[object, ...]] = {name: (ids[name], None, None, name) for name in ids}
    booked["own"] = (ids["own"], None, None, FORMULA)
    booked["nameless"] = (ids["nameless"], None, None, None)
    expected: list[tuple[object, ...]] = [
        *(("charge", 20_000, 610, *booked[name]) for name in booked if name != "direct"),
        ("refund", -500, 0, ids["own"], refunds["own"], None, FORMULA),
        ("transfer", -20_000, 0, *booked["shared"]),
        ("application_fee", 2000, 0, *booked["shared"]),
        ("refund", -500, 0, ids["shared"], refunds["shared"], None, "shared"),
        ("transfer_refund", 500, 0, *booked["shared"]),
        ("application_fee_refund", -50, 0, *booked["shared"]),
        ("transfer", -20_000, 0, *booked["kept"]),
        ("application_fee", 500, 0, *booked["kept"]),
        ("refund", -500, 0, ids["kept"], refunds["kept"], None, "kept"),
        ("application_fee_refund", -12, 0, *booked["kept"]),
        ("application_fee", 1000, 0, *booked["direct"]),
        ("application_fee_refund", -25, 0, *booked["direct"]),
        ("transfer", -7000, 0, *booked["split"]),
        ("transfer_refund", 100, 0, *booked["split"]),
        ("adjustment", -20_000, 1500, ids["won"], None, dispute, "won"),
        ("adjustment", 20_000, 0, ids["won"], None, dispute, "won"),
        ("refund", -300, 0, ids["nameless"], platform.returned, None, None),
        ("refund_failure", 300, 0, ids["nameless"], platform.returned, None, None),
    ]
    lines = platform.lines(platform.failed)
    assert sorted(map(repr, map(shown, lines))) == sorted(map(repr, expected))
    assert sum(line["net"] for line in lines) == platform.failed["amount"]
    assert all(line["net"] == line["amount"] - line["fee"] for line in lines)


def test_each_line_of_a_host_leads_to_the_payment_that_it_came_from(platform: Platform) -> None:
    """Received amounts have the platform's payment; the host's own charges have its own."""
    ids = platform.ids
    lines = platform.lines(platform.host, account=HOST)
    received = {line["refund_id"] for line in lines if line["type"] == "payment_refund"}
    assert all(each.startswith("pyr_") for each in received)
    assert len(received) == 2
    expected = [
        ("payment", 20_000, 2000, ids["shared"], None, "shared"),
        ("payment_refund", -500, -50, ids["shared"], "shared"),
        ("payment", 20_000, 500, ids["kept"], None, "kept"),
        ("adjustment", 12, 0, ids["kept"], None, "kept"),
        ("payment", 7000, 0, ids["split"], None, "split"),
        ("payment_refund", -100, 0, ids["split"], "split"),
        ("charge", 20_000, 1610, ids["direct"], None, "direct"),
        ("refund", -500, -25, ids["direct"], platform.refunds["direct"], "direct"),
    ]
    found = []
    for line in lines:
        kind, amount, fee, payment_id, refund_id, dispute_id, reference = shown(line)
        assert dispute_id is None
        refund = () if refund_id in received else (refund_id,)
        found.append((kind, amount, fee, payment_id, *refund, reference))
    assert sorted(map(repr, found)) == sorted(map(repr, expected))
    assert sum(line["net"] for line in lines) == platform.host["amount"]


def test_a_failed_payout_is_a_line_of_the_next(platform: Platform) -> None:
    """The money that came back belongs to no booking; the payout itself is no line."""
    [line] = platform.lines(platform.own)
    assert shown(line) == ("payout_failure", platform.failed["amount"], 0, *[None] * 4)
    assert platform.own["amount"] == platform.failed["amount"]


def test_pages_lead_through_all_lines(platform: Platform) -> None:
    """Small pages have the same lines as a large one, once each; a cursor is of its payout only."""
    whole = platform.lines(platform.failed)
    assert platform.lines(platform.failed, 2) == whole
    first = platform.get(f"{PAYOUTS}/{platform.failed['id']}/transactions", limit=1)
    assert first["data"] == whole[:1]  # although Stripe lists the payout itself first
    assert len({line["id"] for line in whole}) == len(whole)
    page = platform.get(f"{PAYOUTS}/{platform.failed['id']}/transactions", limit=2)
    path = f"{PAYOUTS}/{platform.long['id']}/transactions"
    refused = platform.get(path, 400, limit=2, cursor=page["next_cursor"])
    assert refused["code"] == "cursor_invalid"


def test_payouts_are_listed_by_status_and_time(platform: Platform) -> None:
    """Newest first, a page at a time, of one account."""
    everything = [platform.long, platform.manual, platform.own, platform.failed]
    assert ids_of(platform.get(PAYOUTS)) == [each["id"] for each in everything]
    assert ids_of(platform.get(PAYOUTS, status="failed")) == [platform.failed["id"]]
    assert ids_of(platform.get(PAYOUTS, account=HOST)) == [platform.host["id"]]
    first = platform.get(PAYOUTS, limit=1)
    second = platform.get(PAYOUTS, limit=1, cursor=first["next_cursor"])
    assert ids_of(second) == [platform.manual["id"]]
    newest = first["data"][0]["created_at"]
    assert ids_of(platform.get(PAYOUTS, created_from=newest)) == [platform.long["id"]]
    assert platform.long["id"] not in ids_of(platform.get(PAYOUTS, created_to=newest))
    assert platform.get(PAYOUTS, 422, status="lost")["errors"][0]["pointer"] == "#/status"


def transaction_of(source: object, **fields: object) -> dict[str, Any]:
    """Return a balance transaction as Stripe lists it, with its source."""
    return {**example("balance_transaction"), "source": source, **fields}


def ids_of(page: dict[str, Any]) -> list[str]:
    """Return the ids of a page."""
    return [each["id"] for each in page["data"]]


def test_a_payout_is_shown(platform: Platform) -> None:
    """It has exactly the documented fields."""
    shown_payout = platform.get(f"{PAYOUTS}/{platform.failed['id']}")
    assert shown_payout | {"arrival_date": "", "created_at": ""} == {
        "id": platform.failed["id"],
        "status": "failed",
        "amount": platform.failed["amount"],
        "currency": "eur",
        "arrival_date": "",
        "automatic": True,
        "failure_code": "account_closed",
        "created_at": "",
    }


@pytest.mark.parametrize("payout_id", ["po_none", "pi_1", "po_", "po_1%20x"])
@pytest.mark.parametrize("suffix", ["", "/transactions"])
def test_an_unknown_payout_is_not_found(platform: Platform, payout_id: str, suffix: str) -> None:
    """404 whether Stripe has no such payout or the id cannot be one."""
    refused = platform.get(f"{PAYOUTS}/{payout_id}{suffix}", 404)
    assert refused["code"] == "payout_not_found"


def test_a_payout_without_lines_says_why(platform: Platform) -> None:
    """A manual payout never has lines, one that Stripe reconciles has all of them later."""
    path = f"{PAYOUTS}/{platform.manual['id']}/transactions"
    assert platform.get(path, 400)["code"] == "payout_not_automatic"
    unfinished = {**example("payout"), "reconciliation_status": "in_progress"}
    platform.stripe.inject(platform.instead("/v1/payouts", unfinished))
    refused = platform.get(f"{PAYOUTS}/po_1/transactions", 409)
    assert (refused["code"], refused["retryable"]) == ("payout_not_reconciled", True)


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("stripe_fee", None),
        ("reserve_transaction", "rsv_1"),
        ("climate_order_purchase", {"object": "climate.order", "id": "climorder_1", "charge": 5}),
        ("hologram", {"object": 7}),
        ("adjustment", {"object": "refund", "id": "re_1", "charge": None}),
        ("transfer", {"object": "transfer", "id": "tr_1", "source_transaction": "ch_hidden"}),
    ],
)
def test_an_unknown_kind_of_line_is_shown(platform: Platform, kind: str, source: object) -> None:
    """Whatever Stripe adds is a line without a payment, never dropped and never an error."""
    transaction = transaction_of(source, type=kind, amount=-7, net=-7)
    page = {"object": "list", "data": [transaction], "has_more": False, "url": LINES}
    platform.stripe.inject(platform.instead(LINES, page))
    [line] = platform.lines(platform.own)
    assert (line["type"], line["net"], line["payment_id"]) == (kind, -7, None)
    assert line["refund_id"] == ("re_1" if kind == "adjustment" else None)


def test_the_balance_is_that_of_the_ledger(platform: Platform) -> None:
    """What is available and pending, of an account, is what its transactions sum to."""
    pending = platform.paid(reference="pending")
    assert pending
    balance = platform.get(BALANCE)
    [available], [waiting] = balance["available"], balance["pending"]
    assert (waiting["currency"], waiting["amount"]) == ("eur", 20_000 - 610)
    own = platform.stripe.control("ledger", "GET")["acct_1SandboxOwnAccount"]["eur"]
    assert available["amount"] + waiting["amount"] == own
    assert platform.get(BALANCE, account=HOST)["available"] == [{"currency": "eur", "amount": 0}]


def test_an_export_has_every_line(platform: Platform, tmp_path: Path) -> None:
    """The CSV and the JSON Lines are what the HTTP API returns, over several pages too."""
    for payout, account in (
        (platform.failed, []),
        (platform.host, ["--account", HOST]),
        (platform.long, []),
    ):
        query = {"account": HOST} if account else {}
        expected = platform.lines(payout, **query)
        command = ("payout", "export", payout["id"], *account)
        name = f"{payout['id']}.csv"
        done = platform.run(tmp_path, *command, "--file", name)
        assert (done.returncode, done.stdout) == (0, "")
        assert f"{len(expected)} lines exported" in done.stderr
        text = (tmp_path / name).read_bytes().decode()
        assert text.startswith(f"{HEADER}\r\n")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["id"] for row in rows] == [line["id"] for line in expected]
        assert [original(row) for row in rows] == [as_text(line) for line in expected]
        assert sum(int(row["net"]) for row in rows) == payout["amount"]
        done = platform.run(tmp_path, *command, "-o", "ndjson")
        assert [json.loads(line) for line in done.stdout.splitlines()] == expected
    assert len(expected) > 100


def as_text(line: dict[str, Any]) -> dict[str, str]:
    """Return a line as CSV has it, without the apostrophe of formulas."""
    return {name: "" if value is None else str(value) for name, value in line.items()}


def original(row: dict[str, str]) -> dict[str, str]:
    """Return a row of the CSV with the original reference."""
    return {**row, "reference": row["reference"].removeprefix("'")}


@pytest.mark.parametrize(
    ("reference", "cell"),
    [
        ("booking-42", "booking-42"),
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\uff1d1", "'\uff1d1"),
        ("'quoted", "''quoted"),
        ('say "hi", twice\nover', 'say "hi", twice\nover'),
        ("Zimmer für Zoë 🏨", "Zimmer für Zoë 🏨"),
    ],
)
def test_no_reference_is_a_formula(
    platform: Platform, tmp_path: Path, reference: str, cell: str
) -> None:
    """What a spreadsheet would execute gets one apostrophe; numbers stay numbers."""
    charge = {**example("charge"), "metadata": {"reference": reference}, "source_transfer": None}
    transaction = transaction_of(charge, amount=-100, net=-100)
    page = {"object": "list", "data": [transaction], "has_more": False, "url": LINES}
    platform.stripe.inject(platform.instead(LINES, page))
    done = platform.run(tmp_path, "payout", "export", platform.own["id"], "--file", "payout.csv")
    assert done.returncode == 1  # it is not what this payout pays out
    text = (tmp_path / "payout.csv").read_bytes().decode()
    row = next(csv.DictReader(io.StringIO(text, newline="")))
    assert (row["reference"], row["net"]) == (cell, "-100")


@pytest.mark.parametrize("output", ["csv", "ndjson"])
@pytest.mark.parametrize("change", ["dropped", "other currency"])
def test_lines_that_do_not_sum_to_the_payout_are_an_error(
    platform: Platform, tmp_path: Path, output: str, change: str
) -> None:
    """Control: without one line the exit code is 1, and the file's last line says so."""
    transactions = platform.stripe.call(
        "GET", LINES, {"payout": platform.failed["id"], "limit": "100"}
    ).json
    if change == "dropped":
        transactions["data"].pop(5)
    else:
        transactions["data"][5]["currency"] = "sek"
    platform.stripe.inject(platform.instead(LINES, transactions))
    command = ("payout", "export", platform.failed["id"], "-o", output, "--file", "payout")
    done = platform.run(tmp_path, *command)
    assert done.returncode == 1
    assert f"of {platform.failed['id']} sum to" in done.stderr
    *lines, last = (tmp_path / "payout").read_text().splitlines()
    header = 1 if output == "csv" else 0
    payout_itself = 1
    assert len(lines) - header == len(transactions["data"]) - payout_itself
    said = next(csv.reader([last]))[0] if output == "csv" else json.loads(last)["error"]
    assert "do not book them" in said
    assert ("another currency" in said) == (change == "other currency")
    platform.stripe.clear_faults()
    assert platform.run(tmp_path, *command[:-1], "again").returncode == 0


def test_an_export_that_is_cut_off_leaves_nothing(platform: Platform, tmp_path: Path) -> None:
    """If Stripe fails on the second page, there is no file; one that exists is never replaced."""
    command = ("payout", "export", platform.long["id"], "--file", "payout.csv")
    form = {"payout": platform.long["id"], "limit": "100"}
    first = platform.stripe.call("GET", LINES, form).json
    assert first["has_more"] is True
    platform.stripe.inject(replace(platform.instead(LINES, first), times=1))
    platform.stripe.inject(platform.instead(LINES, {"object": "list", "data": "cut off"}))
    done = platform.run(tmp_path, *command)
    assert (done.returncode, list(tmp_path.iterdir())) == (4, [])
    platform.stripe.clear_faults()
    (tmp_path / "payout.csv").write_text("mine")
    done = platform.run(tmp_path, *command)
    assert (done.returncode, "already exists" in done.stderr) == (2, True)
    assert (tmp_path / "payout.csv").read_text() == "mine"


def test_commands_show_payouts(platform: Platform, tmp_path: Path) -> None:
    """Amounts have decimals in tables; a line shows its booking, or its payment without one."""
    listed = platform.run(tmp_path, "payout", "list", "--status", "failed")
    assert f"{platform.failed['id']}  failed" in listed.stdout
    got = platform.run(tmp_path, "payout", "get", platform.failed["id"], "--json")
    assert json.loads(got.stdout) == platform.get(f"{PAYOUTS}/{platform.failed['id']}")
    lines = platform.run(
        tmp_path, "payout", "transactions", platform.failed["id"], "--limit", "100"
    )
    table = [line.split() for line in lines.stdout.splitlines()]
    assert table[0] == ["type", "booking", "amount", "fee", "net"]
    charge = ["200.00", "EUR", "6.10", "EUR", "193.90", "EUR"]
    assert ["charge", "split", *charge] in table
    assert ["charge", platform.ids["nameless"], *charge] in table
    assert max(map(len, lines.stdout.splitlines())) <= 90
    balance = platform.run(tmp_path, "balance", "--account", HOST)
    assert balance.stdout.splitlines()[1].split() == ["available", "0.00", "EUR"]
    manual = platform.run(tmp_path, "payout", "export", platform.manual["id"])
    assert (manual.returncode, manual.stdout) == (2, "")
    assert platform.run(tmp_path, "payout", "get", "po_none").returncode == 4


def test_every_expanded_path_exists_at_stripe() -> None:
    """Stripe's OpenAPI document has each path for a type of source, within the maximum depth."""
    for path in EXPANDED:
        assert path.startswith("data.source")
        assert path.count(".") < STRIPES_LEVELS
        assert types_at("balance_transaction", path.split(".")[1:])
    for path in EXPANDED_OF_CHARGE:
        assert types_at("charge", path.split(".")) == {"charge"}
    assert not types_at("balance_transaction", ["source", "charge", "booking"])  # the control


def types_at(name: str, path: list[str]) -> set[str]:
    """Return the types of object that Stripe shows whole at a path of an object."""
    if not path:
        return {name}
    return {found for inner in expanded_types(name, path[0]) for found in types_at(inner, path[1:])}
