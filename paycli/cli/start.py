"""What `paycli serve` says once it is ready."""

import json
import sys
from collections.abc import Mapping

from paycli.cli import output
from paycli.cli.sandbox import Sandbox

Facts = Mapping[str, object]


def show_panel(facts: Facts) -> None:
    """The facts in a frame, for a person at a terminal."""
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table

    rows = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value is not None:
            rows.add_row(name.replace("_", " "), str(value))
    Console(stderr=True).print(Panel(rows, title="paycli is ready", expand=False))


def tell_sandbox(sandbox: Sandbox, facts: Facts, *, as_json: bool) -> None:
    """What was brought and invented: a line of JSON on standard output, or commands to paste."""
    if as_json:
        sys.stdout.write(json.dumps(_line(sandbox, facts)) + "\n")
        sys.stdout.flush()
    else:
        output.say(_commands(sandbox, facts))


def _line(sandbox: Sandbox, facts: Facts) -> dict[str, object]:
    line = {
        "event": "sandbox_ready",
        "url": facts["url"],
        "stripe_url": sandbox.brought.get("PAYCLI_STRIPE_API_BASE"),
        "kafka_bootstrap_servers": sandbox.brought.get("PAYCLI_KAFKA_BOOTSTRAP_SERVERS"),
        "topic": facts["topic"],
    }
    told = {"api_token": "PAYCLI_API_TOKENS", "webhook_secret": "PAYCLI_STRIPE_WEBHOOK_SECRETS"}
    invented = {
        key: sandbox.invented[name] for key, name in told.items() if name in sandbox.invented
    }
    return {**line, **invented}


def _commands(sandbox: Sandbox, facts: Facts) -> str:
    """For a second terminal: the settings that this run has, and what to do with them."""
    settings = {**sandbox.brought, **sandbox.invented}
    settings.pop("PAYCLI_KAFKA_CONFIG", None)
    settings |= {"PAYCLI_LISTEN": str(facts["url"]).removeprefix("http://")}
    exports = "".join(f"  export {name}={value}\n" for name, value in settings.items())
    token = "$PAYCLI_API_TOKENS" if "PAYCLI_API_TOKENS" in settings else "YOUR_TOKEN"
    return f"""
This is a sandbox: no real money moves, and all of its data vanish when it ends (Ctrl-C).
In a second terminal:

{exports}
  paycli events tail

In a third one, with the same settings; the payment_url in the answer opens in a browser:

  curl {facts["url"]}/api/v1/payments \\
    -H "Authorization: Bearer {token}" -H "Idempotency-Key: try-1" \\
    --json '{{"amount": 2000, "currency": "eur", "reference": "booking-42",
             "flow": "checkout", "success_url": "https://example.com/paid"}}'

  paycli webhook send payment_intent.payment_failed
"""
