"""Personal data is read from a file, which has nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from harness.command_line import run
from harness.stripe import Stripe

GUEST = {"name": "Anna Example", "email": "anna@example.test", "phone": "+4930123456"}
PAY = ("intent", "create", "--amount", "20.00", "--currency", "eur")
COMMANDS: dict[tuple[str, ...], dict[str, str]] = {
    ("customer", "create"): GUEST,
    ("customer", "update", "cus_1"): GUEST,
    ("customer", "list"): {"email": GUEST["email"]},
    PAY: {"receipt_email": GUEST["email"]},
}
"""The members of the file of each command."""


@pytest.fixture(scope="module")
def stripe() -> Iterator[Stripe]:
    """Give a Stripe that all these tests share."""
    with Stripe() as serving:
        yield serving


@pytest.fixture
def settings(stripe: Stripe) -> dict[str, str]:
    """Give the settings of this Stripe."""
    return {"PAYCLI_STRIPE_API_KEY": "sk_test_8f3b", "PAYCLI_STRIPE_API_BASE": stripe.url}


@pytest.mark.parametrize("member", ["account", "reference", "metadata", "limit", "Xq7"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_with_another_member_is_refused(
    stripe: Stripe,
    settings: dict[str, str],
    tmp_path: Path,
    command: tuple[str, ...],
    member: str,
) -> None:
    """What an option would silently replace is wrong usage: the members are named, no content."""
    before = len(stripe.requests)
    fields = {**COMMANDS[command], member: "xyz-7"}
    done = run(tmp_path, (*command, "--file", "-"), settings, stdin=json.dumps(fields).encode())
    assert (done.returncode, done.stdout) == (2, "")
    message = " ".join(done.stderr.replace("│", " ").split())
    assert f"--file may only have {', '.join(COMMANDS[command])}; " in message
    assert not [text for text in (*GUEST.values(), "xyz-7", "Xq7") if text in done.stderr]
    assert len(stripe.requests) == before


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_with_personal_data_only_is_sent(
    stripe: Stripe, settings: dict[str, str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    """All members of a command together reach Stripe, and no message shows them."""
    customer = run(tmp_path, ("customer", "create", "--json"), settings)
    arguments = [json.loads(customer.stdout)["id"] if w == "cus_1" else w for w in command]
    (tmp_path / "data.json").write_text(json.dumps(COMMANDS[command]))
    done = run(tmp_path, (*arguments, "--file", "data.json"), settings)
    assert done.returncode == 0, done.stderr
    parameters = dict(parse_qsl(stripe.requests[-1].parameters))
    for name, value in COMMANDS[command].items():
        assert parameters[name] == value
        assert value not in done.stderr


def test_no_argument_has_the_address_of_a_receipt(settings: dict[str, str], tmp_path: Path) -> None:
    """`intent create` has no option for it: every process of the machine can read arguments."""
    done = run(tmp_path, (*PAY, "--receipt-email", "anna@example.test"), settings)
    assert (done.returncode, "No such option" in done.stderr) == (2, True)
