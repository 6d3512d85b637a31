"""An operator can find a failed request in Stripe's Dashboard."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.command_line import run
from harness.stripe import Stripe, always, respond

# Stripe's response to a restricted key that may not create refunds.
MESSAGE = (
    "The provided key 'rk_test_***' does not have the required permissions for this endpoint. "
    "Having the 'rak_charge_write' permission would allow this request to continue."
)
BODY = {"error": {"type": "invalid_request_error", "message": MESSAGE}}


@pytest.fixture
def settings() -> Iterator[dict[str, str]]:
    """Give the settings of a Stripe that refuses every request, with a request id."""
    with Stripe() as stripe:
        stripe.inject(always(respond(403, BODY, {"Request-Id": "req_rak1"})))
        yield {"PAYCLI_STRIPE_API_KEY": "rk_test_8f3b", "PAYCLI_STRIPE_API_BASE": stripe.url}


def test_the_request_id_and_the_missing_permission_are_printed(
    settings: dict[str, str], tmp_path: Path
) -> None:
    """A refund that the key may not make exits with 4, and says what is missing, not the key."""
    done = run(tmp_path, ("intent", "refund", "pi_1"), settings)
    assert done.returncode == 4
    assert "req_rak1" in done.stderr
    assert "rak_charge_write" in done.stderr
    assert "rk_test" not in done.stderr


def test_the_bank_and_its_reason_are_printed(tmp_path: Path) -> None:
    """A refused card has Stripe's code and decline_code; an error without them, neither."""
    declined = {"code": "card_declined", "decline_code": "lost_card"}
    error = {"type": "card_error", "message": "Declined.", **declined}
    charge = ("intent", "create", "--amount", "20.00", "--currency", "eur")
    with Stripe() as stripe:
        settings = {"PAYCLI_STRIPE_API_KEY": "sk_test_8f3b", "PAYCLI_STRIPE_API_BASE": stripe.url}
        stripe.inject(respond(402, {"error": error}, {"Request-Id": "req_1"}))
        refused = run(tmp_path, charge, settings)
        stripe.inject(respond(402, {"error": {**error, "code": None, "decline_code": None}}))
        without = run(tmp_path, charge, settings)
    assert (refused.returncode, without.returncode) == (4, 4)
    shown = "(code card_declined, decline_code lost_card, stripe_request_id req_1)"
    assert refused.stderr.endswith(f"{shown}\n")
    assert "code" not in without.stderr.partition("error: ")[2]


def test_the_doctor_prints_the_request_id(settings: dict[str, str], tmp_path: Path) -> None:
    """A check that Stripe refuses names the request too."""
    done = run(tmp_path, ("doctor",), settings)
    assert "stripe_request_id req_rak1" in " ".join(done.stdout.split())


DEEP = {
    "lists": b"[" * 100_000 + b"]" * 100_000,
    "objects": b'{"data": ' * 50_000 + b"1" + b"}" * 50_000,
    "events": b'{"has_more": false, "data": [{"a": ' + b"[" * 900 + b"]" * 900 + b"}]}",
    "an integer of 5,000 digits": b'{"data": ' + b"9" * 5000 + b"}",
    "not a list": b'{"data": 1}',
    "nan": b'{"data": [NaN], "has_more": false}',
}


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP.keys())
def test_the_doctor_survives_any_response(tmp_path: Path, body: bytes, status: int) -> None:
    """A response that cannot be read is a failed check of Stripe, not a traceback."""
    with Stripe() as stripe:
        stripe.inject(always(respond(status, body)))
        settings = {"PAYCLI_STRIPE_API_KEY": "sk_test_8f3b", "PAYCLI_STRIPE_API_BASE": stripe.url}
        done = run(tmp_path, ("doctor", "--json"), settings)
    checks = {check["id"]: check["state"] for check in json.loads(done.stdout)}
    assert checks["stripe.reach"] == "failed"
