"""Payments shared with connected accounts, on the command line."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.command_line import run
from harness.stripe import Stripe, always, respond
from harness.stripe_objects import example

ACCOUNT = "acct_1032D82eZvKYlo2C"
CREATE = ("intent", "create", "--amount", "80.00", "--currency", "eur", "--destination", ACCOUNT)


INTENT = {
    **example("payment_intent"),
    "id": "pi_1",
    "amount": 8000,
    "currency": "eur",
    "application_fee_amount": 800,
    "transfer_data": {"destination": ACCOUNT},
}


class Shell:
    """Runs `paycli` with a Stripe whose every payment is `INTENT`."""

    def __init__(self, folder: Path, stripe: Stripe) -> None:
        self.stripe = stripe
        self._folder = folder
        self._settings = {
            "PAYCLI_STRIPE_API_KEY": "sk_test_8f3b",
            "PAYCLI_STRIPE_API_BASE": stripe.url,
        }
        self.set_payment(INTENT)

    def set_payment(self, intent: dict[str, object]) -> None:
        """Let this be every payment."""
        self.stripe.clear_faults()
        for path, body in (("payment_intents", intent), ("refunds", example("refund"))):
            self.stripe.inject(always(replace(respond(200, body), path=f"/v1/{path}")))

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Return exit code, output, and messages as one line without the frame of an error."""
        done = run(self._folder, arguments, self._settings)
        return done.returncode, done.stdout, " ".join(done.stderr.replace("│", " ").split())


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Give a shell."""
    with Stripe() as stripe:
        yield Shell(tmp_path, stripe)


@pytest.mark.parametrize(
    ("option", "fee"), [("--application-fee", "8.00"), ("--application-fee-minor", "800")]
)
def test_a_fee_has_the_units_of_its_option(shell: Shell, option: str, fee: str) -> None:
    """`--application-fee` has decimals as `--amount` does; tables show them too."""
    code, out, err = shell.run(*CREATE, option, fee)
    assert code == 0, err
    assert shell.stripe.requests[-1].form["application_fee_amount"] == "800"
    assert "application_fee 800 (8.00 EUR)" in " ".join(out.split())
    assert ("8.00 EUR is 800 in Stripe's unit" in err) == (option == "--application-fee")


@pytest.mark.parametrize(
    "fee",
    [
        ("--application-fee", "8"),
        ("--application-fee", "nan"),
        ("--application-fee", ""),
        ("--application-fee", "8.00", "--application-fee-minor", "800"),
        ("--application-fee-minor", "0"),
        ("--application-fee-minor", "8001"),
    ],
)
def test_a_wrong_or_ambiguous_fee_is_wrong_usage(shell: Shell, fee: tuple[str, ...]) -> None:
    """8 is neither 0.08 nor 8.00 EUR, and a fee is passed by one of two options."""
    assert shell.run(*CREATE, *fee)[0] == 2
    assert shell.stripe.requests == []


def test_a_capture_has_the_fee_in_the_payments_currency(shell: Shell) -> None:
    """`intent capture` reads the currency at Stripe, for the amount, the fee or both."""
    for fee in (
        ("--application-fee", "1"),
        ("--application-fee", "1.00", "--application-fee-minor", "9"),
    ):
        assert shell.run("intent", "capture", "pi_1", *fee)[0] == 2
    for options, sent in (
        (("--application-fee", "1.50"), "150"),
        (("--amount", "15.00", "--application-fee", "1.60"), "160"),
        (("--application-fee-minor", "170", "--amount", "15.00"), "170"),
    ):
        code, _, err = shell.run("intent", "capture", "pi_1", *options)
        assert code == 0, err
        form = shell.stripe.requests[-1].form
        assert form["application_fee_amount"] == sent
        assert form.get("amount_to_capture") == ("1500" if "--amount" in options else None)


def test_a_refund_that_must_choose_names_the_flags(shell: Shell) -> None:
    """The flags of the choices that are missing are named, both or one; the control refunds."""
    refund = ("intent", "refund", "pi_1")
    transfer = "--reverse-transfer or --keep-transfer"
    fee = "--refund-application-fee or --keep-application-fee"
    code, _, err = shell.run(*refund)
    assert (code, f"pass {transfer}, and {fee}: " in err) == (2, True), err
    code, _, err = shell.run(*refund, "--keep-transfer")
    assert (code, f"pass {fee}: " in err, transfer in err) == (2, True, False), err
    code, _, err = shell.run(*refund, "--reverse-transfer", "--keep-application-fee")
    assert code == 0, err
    form = shell.stripe.requests[-1].form
    assert (form["reverse_transfer"], form["refund_application_fee"]) == ("true", "false")


def test_a_refund_with_an_impossible_choice_has_the_reason(shell: Shell) -> None:
    """A share that the payment has not is no missing flag."""
    shell.set_payment({**INTENT, "application_fee_amount": None})
    refund = ("intent", "refund", "pi_1", "--keep-transfer", "--refund-application-fee")
    code, _, err = shell.run(*refund)
    assert (code, "has no application_fee" in err, "or --keep" in err) == (2, True, False)
