"""Draws the output of commands on a terminal as SVG files, scripts/screens/*.svg."""

import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from rich.text import Text

from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.sender import stripe_signature
from harness.stripe import Stripe
from harness.terminal import run_in_terminal
from paycli.adapters.stripe.gateway import API_VERSION
from paycli.events import catalogue
from paycli.sandbox.standin import WebhookTarget
from service import daemon_settings

SCREENS = Path(__file__).parent.resolve() / "screens"
COLUMNS = 116
TOPIC = "payments.events"
SECRET = f"whsec_{'0' * 32}"
URL = "https://pay.example.com/api/v1/stripe/events"
PAYMENT = {"amount": "2000", "currency": "eur", "metadata[reference]": "booking-42"}
# rich's own template loads a font from the web; this one uses any local monospace font.
SVG = """<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
font: {char_height}px/{line_height}px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}}
{styles}
</style>
<defs>{lines}</defs>
<rect width="100%" height="100%" rx="8" fill="#ffffff" stroke="#d0d7de"/>
<g transform="translate({terminal_x}, 20)">{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


@contextmanager
def running_service() -> Iterator[tuple[Stripe, dict[str, str]]]:
    """Yields the Stripe stand-in of a running daemon, and the daemon's settings."""
    with KafkaBroker() as broker, Stripe(seed=42) as stripe:
        broker.create_event_topics(TOPIC, config={"retention.ms": str(7 * 24 * 3600 * 1000)})
        types = tuple(sorted(set(catalogue.CATALOGUE) - {"charge.expired", "payout.failed"}))
        stripe.add_webhook_target(
            WebhookTarget(URL, ("whsec_x",), enabled_events=types, api_version=API_VERSION)
        )
        settings = {
            **daemon_settings(stripe.url, broker.bootstrap_servers, TOPIC),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PAYCLI_STRIPE_WEBHOOK_SECRETS": SECRET,
            "TERM": "xterm",
        }
        with Daemon(settings) as daemon:
            daemon.wait_ready()
            yield stripe, {**settings, "PAYCLI_LISTEN": f"127.0.0.1:{daemon.port}"}


def draw(name: str, settings: dict[str, str], *commands: str) -> None:
    """Runs commands one after the other on a terminal and draws their output as one picture."""
    console = Console(width=COLUMNS, record=True, file=io.StringIO())
    for number, command in enumerate(commands):
        before = "\n" if number else ""
        console.print(Text(f"{before}$ {command}", style="bold"))
        _, lines = run_in_terminal(["bash", "-c", command], COLUMNS, settings)
        for line in lines:
            console.print(Text.from_ansi(line))
    svg = console.export_svg(theme=DEFAULT_TERMINAL_THEME, code_format=SVG, unique_id=name)
    (SCREENS / f"{name}.svg").write_text(svg, encoding="utf-8")


def main() -> None:
    """Draws all pictures."""
    SCREENS.mkdir(exist_ok=True)
    with running_service() as (stripe, settings), tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        draw("doctor", settings, "paycli doctor")
        payment = stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"]
        stripe.pay(payment, "pm_card_visa_chargeDeclined")
        known = "--type payment_intent.created --type payment_intent.payment_failed"
        run_in_terminal(
            ["bash", "-c", f"paycli events backfill --since 1h {known}"], COLUMNS, settings
        )
        stripe.pay(payment)
        draw("timeline", settings, f"paycli payment timeline {payment}")
        backfill = "paycli events backfill --since 72h"
        draw("backfill", settings, f"{backfill} --dry-run", backfill, backfill)
        [event, *_] = stripe.call("GET", "/v1/events", {"limit": "1"}).json["data"]
        Path("header.txt").write_text(stripe_signature(json.dumps(event).encode(), SECRET))
        Path("body.json").write_text(json.dumps(event, indent=2))
        verify = 'paycli webhook verify body.json --signature "$(cat header.txt)"'
        draw("explain", settings, verify, f"{verify} --explain")


if __name__ == "__main__":
    main()
