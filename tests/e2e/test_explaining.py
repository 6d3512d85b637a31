"""`webhook verify` at the command line: a saved request, and a mismatch explained."""

import json
from pathlib import Path

from harness.command_line import run
from harness.sender import stripe_signature

SETTINGS = {"PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_ours"}
BODY = json.dumps({"id": "evt_1", "n": 1}, indent=2).encode()


def test_a_saved_request_is_judged(tmp_path: Path) -> None:
    """Body and header come from the file; a genuine one is 0, what is no request is 2."""
    header = stripe_signature(BODY, "whsec_ours")
    saved = f"POST /x HTTP/1.1\r\nStripe-Signature: {header}\r\n\r\n".encode() + BODY
    done = run(tmp_path, ("webhook", "verify", "-", "--json"), SETTINGS, stdin=saved)
    assert (done.returncode, json.loads(done.stdout)["valid"]) == (0, True)
    assert run(tmp_path, ("webhook", "verify", "-"), SETTINGS, stdin=BODY).returncode == 2


def test_a_mismatch_is_explained(tmp_path: Path) -> None:
    """A body that was printed again, and a secret that another one hides; both are 6."""
    (tmp_path / "body.json").write_bytes(json.dumps(json.loads(BODY)).encode())
    explain = ("webhook", "verify", "body.json", "--explain", "--json", "--signature")
    done = run(tmp_path, (*explain, stripe_signature(BODY, "whsec_ours")), SETTINGS)
    told = json.loads(done.stdout)
    assert (done.returncode, told["cause"], told["diagnosis"]) == (
        6,
        "mismatch",
        "body_reserialized",
    )
    (tmp_path / ".env").write_text("PAYCLI_STRIPE_WEBHOOK_SECRETS=whsec_hidden\n")
    body = (tmp_path / "body.json").read_bytes()
    done = run(tmp_path, (*explain, stripe_signature(body, "whsec_hidden")), SETTINGS)
    told = json.loads(done.stdout)
    assert (done.returncode, told["diagnosis"]) == (6, "other_secret")
    assert ".env" in told["detail"]
    assert "whsec" not in done.stdout + done.stderr
