"""What `paycli serve` prints once the daemon is ready."""

import json
import sys
from collections.abc import Mapping

from paycli.cli.output import print_message
from paycli.cli.sandbox import Sandbox
from paycli.printable import shell_word

Facts = Mapping[str, object]


def print_panel(facts: Facts) -> None:
    """Prints the facts in a frame, for a terminal."""
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table

    rows = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value is not None:
            rows.add_row(name.replace("_", " "), str(value))
    Console(stderr=True).print(Panel(rows, title="paycli is ready", expand=False))


def print_sandbox(sandbox: Sandbox, facts: Facts, *, as_json: bool) -> None:
    """Prints the sandbox's settings: one line of JSON on standard output, or shell commands."""
    if as_json:
        sys.stdout.write(json.dumps(_sandbox_ready_event(sandbox, facts)) + "\n")
        sys.stdout.flush()
    else:
        print_message(_shell_commands(sandbox, facts))


def _sandbox_ready_event(sandbox: Sandbox, facts: Facts) -> dict[str, object]:
    variables = {
        "api_token": "PAYCLI_API_TOKENS",
        "webhook_secret": "PAYCLI_STRIPE_WEBHOOK_SECRETS",
    }
    return {
        "event": "sandbox_ready",
        "url": facts["url"],
        "stripe_url": sandbox.overrides.get("PAYCLI_STRIPE_API_BASE"),
        "kafka_bootstrap_servers": sandbox.overrides.get("PAYCLI_KAFKA_BOOTSTRAP_SERVERS"),
        "topic": facts["topic"],
        **{
            key: sandbox.defaults[variable]
            for key, variable in variables.items()
            if variable in sandbox.defaults
        },
    }


def _shell_commands(sandbox: Sandbox, facts: Facts) -> str:
    """Returns commands for further terminals, with the settings that they need."""
    settings = {**sandbox.overrides, **sandbox.defaults}
    settings.pop("PAYCLI_KAFKA_CONFIG", None)
    settings |= {"PAYCLI_LISTEN": str(facts["url"]).removeprefix("http://")}
    exports = "".join(f"  export {name}={shell_word(value)}\n" for name, value in settings.items())
    token = "$PAYCLI_API_TOKENS" if "PAYCLI_API_TOKENS" in settings else "YOUR_TOKEN"
    return f"""
This is a sandbox: no real money moves, and its data is deleted when it stops (Ctrl-C).
In a second terminal:

{exports}
  paycli events tail

In a third terminal, with the same settings; open the payment_url of the response in a browser:

  curl {facts["url"]}/api/v1/payments \\
    -H "Authorization: Bearer {token}" -H "Idempotency-Key: try-1" \\
    --json '{{"amount": 2000, "currency": "eur", "reference": "booking-42",
             "flow": "checkout", "success_url": "https://example.com/paid"}}'

  paycli webhook send payment_intent.payment_failed

The reference of the API and the events is at {facts["url"]}/docs
"""
