"""`paycli dispute`: what is final is shown and confirmed, and evidence is shown to nobody else."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from harness.command_line import PAYCLI, run
from harness.stripe import Stripe
from harness.stripe_schema import Json
from harness.terminal import answer_in_terminal

STORY = "The guest stayed two nights, and signed the registration form with the name on the card."
TEXTS = {"customer_name": "Anna Example", "uncategorized_text": STORY}
ALL_TEXTS = (*TEXTS.values(), "12 January")


@pytest.fixture(scope="module")
def stripe() -> Iterator[Stripe]:
    """Give a Stripe that all these tests share."""
    with Stripe() as serving:
        yield serving


@pytest.fixture
def settings(stripe: Stripe) -> dict[str, str]:
    """Give the settings of this Stripe."""
    return {"PAYCLI_STRIPE_API_KEY": "sk_test_8f3b", "PAYCLI_STRIPE_API_BASE": stripe.url}


@pytest.fixture
def dispute(stripe: Stripe) -> str:
    """Open a dispute of 20.00 EUR with a staged text; return its id."""
    intent = stripe.call("POST", "/v1/payment_intents", {"amount": "2000", "currency": "eur"}).json
    stripe.pay(intent["id"], "pm_card_createDispute")
    listed = stripe.call("GET", "/v1/disputes", {"payment_intent": intent["id"]}).json
    dispute_id = str(listed["data"][0]["id"])
    staged = {"evidence[service_date]": "12 January", "submit": "false"}
    assert stripe.call("POST", f"/v1/disputes/{dispute_id}", staged).status == 200
    return dispute_id


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a file of evidence."""
    (tmp_path / "evidence.json").write_text(json.dumps(TEXTS))
    return tmp_path


FILE = ("--file", "evidence.json")


def at_stripe(stripe: Stripe, dispute: str) -> Json:
    """Retrieve a dispute from Stripe."""
    return stripe.call("GET", f"/v1/disputes/{dispute}").json


def on_terminal(
    arguments: Sequence[str], answer: str, settings: dict[str, str], folder: Path
) -> tuple[int, str, str]:
    """Run a command that asks on a terminal."""
    environment = {"PATH": os.environ["PATH"], "TERM": "dumb", **settings}
    return answer_in_terminal([*PAYCLI, "dispute", *arguments], answer, environment, folder)


def exit_and_message(done: CompletedProcess[str]) -> tuple[int, str]:
    """Return the exit code and the message of a command, on one line."""
    return done.returncode, " ".join(done.stderr.replace("│", " ").split())


def test_evidence_is_shown_and_then_submitted(
    stripe: Stripe, settings: dict[str, str], folder: Path, dispute: str
) -> None:
    """The question shows amount, deadline and every field with the beginning of its new text."""
    arguments = ("evidence", dispute, "--submit", *FILE, "--json")
    code, output, screen = on_terminal(arguments, "y", settings, folder)
    assert code == 0, screen
    before, question, after = screen.partition("Submit it to the bank?")
    assert question
    assert f"{dispute}  needs_response  20.00 EUR  fraudulent  pi_" in before
    shown = json.loads(output)
    assert f"evidence is due by {shown['evidence_due_by']}; submissions: 0" in before
    rows = [line.split(maxsplit=2) for line in before.splitlines()]
    assert ["customer_name", "12", "Anna Example"] in rows
    assert ["uncategorized_text", str(len(STORY)), f"{STORY[:40]}…"] in rows
    assert ["service_date", "(at", "Stripe)"] in rows
    assert STORY not in screen
    assert not [text for text in ALL_TEXTS if text in output + after]
    assert (shown["status"], shown["submission_count"]) == ("under_review", 1)
    # The key is printed once the submission is confirmed, before it is sent.
    assert "idempotency key: paycli-" in after
    evidence = at_stripe(stripe, dispute)["evidence"]
    assert {name: evidence[name] for name in TEXTS} == TEXTS


@pytest.mark.parametrize("action", [("evidence", "--submit", *FILE), ("accept",)])
def test_no_is_no(
    stripe: Stripe, settings: dict[str, str], folder: Path, dispute: str, action: tuple[str, ...]
) -> None:
    """Nothing is sent that changes something, and the exit code says so."""
    name, *options = action
    before = at_stripe(stripe, dispute)
    sent = len(stripe.requests)
    code, output, screen = on_terminal((name, dispute, *options), "n", settings, folder)
    assert (code, output) == (1, "")
    assert "20.00 EUR" in screen.partition("[y/N]")[0]
    assert "nothing was" in screen.partition("[y/N]")[2]
    assert {each.method for each in list(stripe.requests)[sent:]} == {"GET"}
    assert at_stripe(stripe, dispute) == before


def test_a_dispute_is_accepted(
    stripe: Stripe, settings: dict[str, str], folder: Path, dispute: str
) -> None:
    """The question has the amount that is lost; the answer yes loses it."""
    code, output, screen = on_terminal(("accept", dispute, "--json"), "y", settings, folder)
    assert code == 0, screen
    assert "This is final: 20.00 EUR is lost. Accept the dispute?" in screen
    assert json.loads(output)["status"] == at_stripe(stripe, dispute)["status"] == "lost"


@pytest.mark.parametrize("action", [("evidence", "--submit", *FILE), ("accept",)])
def test_without_a_terminal_a_confirmation_is_required(
    stripe: Stripe, settings: dict[str, str], folder: Path, dispute: str, action: tuple[str, ...]
) -> None:
    """Nothing is sent without `--yes`; with it the table has lengths, and no text."""
    name, *options = action
    sent = len(stripe.requests)
    refused = run(folder, ("dispute", name, dispute, *options), settings)
    code, message = exit_and_message(refused)
    assert (code, "confirm with --yes" in message) == (2, True)
    assert len(stripe.requests) == sent
    done = run(folder, ("dispute", name, dispute, *options, "--yes", "--json"), settings)
    assert done.returncode == 0, done.stderr
    assert "20.00 EUR" in done.stderr
    assert not [text for text in ALL_TEXTS if text in done.stderr + done.stdout]
    if name == "evidence":
        rows = [line.split() for line in done.stderr.splitlines()]
        assert ["customer_name", "12", "(not", "shown)"] in rows
    assert at_stripe(stripe, dispute)["status"] in ("under_review", "lost")


def test_evidence_of_standard_input_is_staged(
    stripe: Stripe, settings: dict[str, str], folder: Path, dispute: str
) -> None:
    """Staging asks nothing and shows no text; submitting from standard input needs `--yes`."""
    text = json.dumps({**TEXTS, "service_date": None}).encode()
    arguments = ("dispute", "evidence", dispute, "--file", "-")
    staged = run(folder, (*arguments, "--stage", "--json"), settings, stdin=text)
    assert staged.returncode == 0, staged.stderr
    assert json.loads(staged.stdout)["evidence_fields"] == sorted(TEXTS)
    assert not [text for text in ALL_TEXTS if text in staged.stderr + staged.stdout]
    environment = {"PATH": os.environ["PATH"], "TERM": "dumb", **settings}
    # Its terminal is standard input, which is read as the file.
    code, _, screen = answer_in_terminal([*PAYCLI, *arguments, "--submit"], "", environment, folder)
    assert (code, "confirm with --yes" in " ".join(screen.split())) == (2, True)
    done = run(folder, (*arguments, "--submit", "--yes"), settings, stdin=b"{}")
    assert done.returncode == 0, done.stderr
    assert at_stripe(stripe, dispute)["evidence_details"]["submission_count"] == 1


def test_the_same_key_submits_once(
    stripe: Stripe, settings: dict[str, str], folder: Path, dispute: str
) -> None:
    """The repetition is reported as one; another key is refused with the cause."""
    arguments = ("dispute", "evidence", dispute, "--submit", *FILE, "--yes")
    keyed = (*arguments, "--idempotency-key", f"response-to-{dispute}")
    first, second = (run(folder, (*keyed, "--json"), settings) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout == second.stdout
    assert "this key was used before" in second.stderr
    other = run(folder, arguments, settings)
    assert other.returncode == 4
    assert "which is final: the bank decides" in other.stderr
    assert at_stripe(stripe, dispute)["evidence_details"]["submission_count"] == 1


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        ('{"mood": "cAnArY"}', ("--stage",), "--file may only have access_activity_log, "),
        ('{"customer_name": ["cAnArY"]}', ("--stage",), "#/evidence/customer_name"),
        ("cAnArY", ("--stage",), "--file must have a JSON object"),
        ("{}", ("--stage",), "#/evidence: must have at least one field to stage"),
        ('{"customer_name": "cAnArY"}', (), "pass either --stage or --submit"),
    ],
)
def test_a_wrong_file_is_refused_without_its_content(
    stripe: Stripe,
    settings: dict[str, str],
    folder: Path,
    content: str,
    options: tuple[str, ...],
    expected: str,
) -> None:
    """Exit code 2, what is wrong, and nothing of what the file has."""
    (folder / "evidence.json").write_text(content)
    sent = len(stripe.requests)
    code, message = exit_and_message(
        run(folder, ("dispute", "evidence", "du_1", *FILE, *options), settings)
    )
    assert (code, expected in message, "cAnArY" in message) == (2, True, False), message
    assert len(stripe.requests) == sent


def test_disputes_are_listed_as_a_table(
    settings: dict[str, str], folder: Path, dispute: str
) -> None:
    """It has what an operator decides by: status, amount, reason, deadline and payment."""
    done = run(folder, ("dispute", "list", "--status", "needs_response"), settings)
    header, *lines = done.stdout.splitlines()
    assert header.split() == ["id", "status", "amount", "reason", "evidence_due_by", "payment_id"]
    [line] = [line for line in lines if line.startswith(dispute)]
    assert line.split()[1:5] == ["needs_response", "20.00", "EUR", "fraudulent"]
    shown = run(folder, ("dispute", "get", dispute), settings).stdout
    assert "service_date" in shown
    assert "12 January" not in shown
