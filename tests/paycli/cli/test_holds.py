"""Changes and holds of payments on the command line, on the stand-in."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.command_line import run
from harness.stripe import Stripe

# The output as JSON; these tests check values, not types.
Json = Any


class Shell:
    """Runs `paycli` with a Stripe of its own."""

    def __init__(self, folder: Path, stripe: Stripe) -> None:
        self.stripe = stripe
        self._folder = folder
        self._settings = {
            "PAYCLI_STRIPE_API_KEY": "sk_test_8f3b",
            "PAYCLI_STRIPE_API_BASE": stripe.url,
        }

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Return exit code, output, and messages as one line without the frame of an error."""
        done = run(self._folder, ("intent", *arguments), self._settings)
        return done.returncode, done.stdout, " ".join(done.stderr.replace("│", " ").split())

    def json(self, *arguments: str) -> Json:
        """Return the payment that a command prints."""
        code, out, err = self.run(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Give a shell."""
    with Stripe() as stripe:
        yield Shell(tmp_path, stripe)


def test_a_hold_is_requested_increased_and_captured_in_parts(shell: Shell) -> None:
    """With decimals or in minor units; the table has a line for each part of hold and charge."""
    features = ("--hold", "incremental", "--hold", "multicapture")
    payment = shell.json(
        *("create", "--amount", "200.00", "--currency", "eur", "--capture-method", "manual"),
        *features,
        *("--statement-descriptor-suffix", "BOOKING 42"),
    )["id"]
    shell.stripe.pay(payment)
    assert shell.json("increment", payment, "--amount", "250.00")["amount"] == 25_000
    assert shell.json("increment", payment, "--amount-minor", "30000")["amount"] == 30_000
    part = shell.json("capture", payment, "--amount", "50.00", "--not-final")
    assert (part["status"], part["amount_received"]) == ("requires_capture", 5_000)
    code, out, _ = shell.run("get", payment, "--include", "charge")
    words = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    for line in (
        "hold.incremental true",
        "hold.overcapture false",
        "hold.maximum_capturable 30000 (300.00 EUR)",
        "charge.amount_captured 5000 (50.00 EUR)",
        "charge.card.last4 4242",
        "charge.fee 175 (1.75 EUR)",
    ):
        assert line in words
    assert "charge" not in shell.json("get", payment)
    assert shell.json("capture", payment)["status"] == "succeeded"


def test_the_amount_is_changed(shell: Shell) -> None:
    """In the decimals of the payment's currency; too late it is an error of Stripe's."""
    payment = shell.json("create", "--amount", "500", "--currency", "jpy")["id"]
    assert shell.json("update", payment, "--amount", "600")["amount"] == 600
    changed = shell.json("update", payment, "--amount-minor", "700", "--metadata", "room=14")
    assert (changed["amount"], changed["metadata"]) == (700, {"room": "14"})
    shell.stripe.pay(payment)
    code, _, err = shell.run("update", payment, "--amount", "800")
    assert code == 4
    assert "succeeded" in err


def test_an_embedded_checkout_page_is_created(shell: Shell) -> None:
    """All options of the page are passed on."""
    payment = shell.json(
        *("create", "--amount", "20.00", "--currency", "eur", "--reference", "booking-42"),
        *("--flow", "checkout", "--ui", "embedded", "--return-url", "https://shop.test/paid"),
        *("--locale", "de", "--submit-type", "book"),
    )
    assert payment["client_secret"]
    session = shell.stripe.call("GET", f"/v1/checkout/sessions/{payment['id']}").json
    assert (session["locale"], session["submit_type"]) == ("de", "book")


@pytest.mark.parametrize(
    "arguments",
    [
        ("update", "pi_1"),
        ("update", "pi_1", "--amount", "5.00", "--amount-minor", "500"),
        ("update", "pi_1", "--amount-minor", "0"),
        ("increment", "pi_1"),
        ("increment", "pi_1", "--amount", "5.00", "--amount-minor", "500"),
        ("capture", "pi_1", "--not-final"),
        ("get", "pi_1", "--include", "refunds"),
        ("create", "--amount", "5.00", "--currency", "eur", "--hold", "extended"),
        ("create", "--amount", "5.00", "--currency", "eur", "--expires-at", "tomorrow"),
        ("create", "--amount", "5.00", "--currency", "eur", "--locale", "de"),
    ],
)
def test_contradictions_are_wrong_usage(shell: Shell, arguments: tuple[str, ...]) -> None:
    """Exit code 2, and Stripe is not called."""
    code, _, err = shell.run(*arguments)
    assert code == 2
    assert err
    assert shell.stripe.requests == []
