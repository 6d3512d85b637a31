"""`webhook verify`: saved requests, and the diagnosis of a mismatch."""

import json
from pathlib import Path

from harness.command_line import run
from harness.sender import stripe_signature

SETTINGS = {"PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_of_this_endpoint_01"}
BODY = json.dumps({"id": "evt_1", "n": 1}, indent=2).encode()


def test_a_saved_request_is_verified(tmp_path: Path) -> None:
    """Body and header are read from the request; input without headers exits with 2."""
    header = stripe_signature(BODY, "whsec_of_this_endpoint_01")
    saved = f"POST /x HTTP/1.1\r\nStripe-Signature: {header}\r\n\r\n".encode() + BODY
    done = run(tmp_path, ("webhook", "verify", "-", "--json"), SETTINGS, stdin=saved)
    assert (done.returncode, json.loads(done.stdout)["valid"]) == (0, True)
    assert run(tmp_path, ("webhook", "verify", "-"), SETTINGS, stdin=BODY).returncode == 2


def test_a_mismatch_is_diagnosed(tmp_path: Path) -> None:
    """A reserialized body and an overridden secret are diagnosed; both exit with 6."""
    (tmp_path / "body.json").write_bytes(json.dumps(json.loads(BODY)).encode())
    explain = ("webhook", "verify", "body.json", "--explain", "--json", "--signature")
    done = run(tmp_path, (*explain, stripe_signature(BODY, "whsec_of_this_endpoint_01")), SETTINGS)
    verdict = json.loads(done.stdout)
    assert (done.returncode, verdict["cause"], verdict["diagnosis"]) == (
        6,
        "mismatch",
        "body_reserialized",
    )
    (tmp_path / ".env").write_text("PAYCLI_STRIPE_WEBHOOK_SECRETS=whsec_that_is_overridden1\n")
    body = (tmp_path / "body.json").read_bytes()
    done = run(tmp_path, (*explain, stripe_signature(body, "whsec_that_is_overridden1")), SETTINGS)
    verdict = json.loads(done.stdout)
    assert (done.returncode, verdict["diagnosis"]) == (6, "other_secret")
    assert ".env" in verdict["detail"]
    assert "whsec" not in done.stdout + done.stderr
