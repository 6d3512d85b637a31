"""`paycli serve`: the daemon."""

import sys
import time

import typer

from paycli import __version__
from paycli.cli.settings_options import with_settings
from paycli.settings import (
    KafkaSettings,
    ServerSettings,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)


@with_settings
def serve(
    *,
    stripe: StripeSettings,
    webhook: WebhookSettings,
    kafka: KafkaSettings,
    tokens: TokenSettings,
    server: ServerSettings,
) -> None:
    """Runs the daemon until SIGTERM or Ctrl-C; a second one ends it at once.

    It answers internal callers and Stripe, and is ready (/readyz) once Kafka has answered and the
    topic is there.

    Example:
    PAYCLI_STRIPE_API_KEY=sk_test_… PAYCLI_STRIPE_WEBHOOK_SECRETS=whsec_…
    PAYCLI_API_TOKENS=booking=… PAYCLI_KAFKA_BOOTSTRAP_SERVERS=kafka:9092 paycli serve
    """
    started_at = time.monotonic()
    from server import logs, runner, worker  # the HTTP framework
    from server.waitress_server import Limits

    log_format = server.log_format or ("console" if sys.stderr.isatty() else "json")
    logs.set_up(log_format)
    daemon = runner.Runner(server.listen, server.public_listen, server.workers)
    facts: dict[str, object] = {
        "url": daemon.addresses.internal,
        "public_url": daemon.addresses.public,
        "mode": "live" if stripe.livemode else "test",
        "topic": kafka.topic,
        "workers": server.workers,
        "version": __version__,
    }
    logs.say("listening", facts)

    from paycli import bootstrap  # the SDKs

    settings = bootstrap.DaemonSettings(stripe, webhook, kafka, tokens, server)
    if server.workers > 1:
        bootstrap.preload()
    plan = worker.Plan(
        build=lambda: bootstrap.services(settings),
        limits=Limits(
            threads=server.threads,
            payment_threads=stripe.max_in_flight,
            max_body_bytes=server.max_body_bytes,
            stop_timeout_seconds=max(stripe.timeout_seconds, kafka.ack_timeout_seconds) + 5,
        ),
        drain_seconds=server.drain_seconds,
    )

    def on_ready() -> None:
        seconds = round(time.monotonic() - started_at, 3)
        told = {**facts, "ready_after_seconds": seconds}
        if log_format == "console" and sys.stderr.isatty():
            _show_panel(told)
        else:
            logs.say("ready", told)

    raise typer.Exit(daemon.run(plan, on_ready))


def _show_panel(facts: dict[str, object]) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table

    rows = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value is not None:
            rows.add_row(name.replace("_", " "), str(value))
    Console(stderr=True).print(Panel(rows, title="paycli is ready", expand=False))
