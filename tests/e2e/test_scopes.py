"""Callers that are limited by settings, at a running daemon."""

from pathlib import Path

from harness.command_line import run
from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.stripe import Stripe
from service import PAYMENTS, daemon_settings

BOOKING, SUPPORT = "token-of-booking-0001", "token-of-support-0001"
PAYMENT: dict[str, object] = {"amount": 2000, "currency": "eur", "reference": "booking-42"}


def test_each_caller_does_what_the_settings_allow(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """Booking creates and may not refund, support the reverse, and only for its host."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic) | {
        "PAYCLI_API_TOKENS": f"booking={BOOKING},support={SUPPORT}",
        "PAYCLI_API_SCOPES": (
            "booking=payments:read,payments:write;support=payments:read,refunds:write"
        ),
        "PAYCLI_API_ACCOUNTS": "support=self",
    }
    with Daemon(settings) as daemon:
        daemon.wait_ready()

        def status(token: str, path: str, body: dict[str, object] | None = None) -> int:
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": path}
            method = "GET" if body is None else "POST"
            return daemon.request(method, path, body, headers).status

        assert status(BOOKING, PAYMENTS, PAYMENT) == 201
        [payment] = stand_in.payment_ids()
        stand_in.pay(payment)
        refunds = f"{PAYMENTS}/{payment}/refunds"
        assert status(BOOKING, refunds, {}) == 403
        assert status(SUPPORT, PAYMENTS, PAYMENT) == 403
        assert status(SUPPORT, f"{PAYMENTS}/{payment}?account=acct_1") == 403
        assert status(SUPPORT, f"{PAYMENTS}/{payment}") == 200
        assert status(SUPPORT, refunds, {}) == 201
        [refused] = daemon.log_lines(code="scope_missing", caller="booking")
        assert (refused["scope"], refused["status"]) == ("refunds:write", 403)
        [foreign] = daemon.log_lines(code="account_not_allowed")
        assert (foreign["caller"], foreign["account"]) == ("support", "acct_1")


def test_the_limits_are_shown_and_a_mistake_fails_the_start(tmp_path: Path) -> None:
    """`config show` prints them; a caller without a token is exit code 3 with its name."""
    settings = daemon_settings("", "127.0.0.1:9", "t") | {
        "PAYCLI_API_SCOPES": "booking=payments:read"
    }
    del settings["PAYCLI_STRIPE_API_BASE"]
    shown = run(tmp_path, ["config", "show"], settings)
    assert shown.returncode == 0, shown.stderr
    assert "booking=payments:read" in shown.stdout
    settings["PAYCLI_API_SCOPES"] = "boking=payments:read"
    refused = run(tmp_path, ["serve"], settings)
    assert refused.returncode == 3
    assert "PAYCLI_API_SCOPES" in refused.stderr
    assert "no token of the caller in entry 1" in refused.stderr
