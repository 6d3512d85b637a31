"""`paycli serve`: the daemon."""

import platform
import sys
import time

import typer

from paycli import __version__
from paycli.cli import start
from paycli.cli.explained import exits
from paycli.cli.sandbox import Sandbox, sandboxed
from paycli.cli.settings_options import with_settings_within
from paycli.settings import (
    KafkaSettings,
    ServerSettings,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)


@exits({1: "its address is taken, or a second signal ended it at once"}, 3)
@with_settings_within(sandboxed)
def serve(
    *,
    sandbox: Sandbox | None,
    stripe: StripeSettings,
    webhook: WebhookSettings,
    kafka: KafkaSettings,
    tokens: TokenSettings,
    server: ServerSettings,
) -> None:
    """Runs the daemon until SIGTERM or Ctrl-C; a second one ends it at once.

    It answers internal callers and Stripe, and is ready (/readyz) once Kafka has answered and the
    topic is there.

    Examples:
        paycli serve --listen 127.0.0.1:8081 --workers 2
        paycli serve --sandbox
    """
    started_at = time.monotonic()
    from server import logs  # the HTTP framework
    from server.http.interface import Limits
    from server.http.waitress.server import WaitressServer
    from server.metrics import Metrics
    from server.process import runner, worker

    log_format = server.log_format or ("console" if sys.stderr.isatty() else "json")
    logs.configure(log_format)
    daemon = runner.Runner(server.listen, server.public_listen, server.workers)
    facts: start.Facts = {
        "url": daemon.addresses.internal,
        "public_url": daemon.addresses.public,
        "mode": "live" if stripe.livemode else "test",
        "topic": kafka.topic,
        "workers": server.workers,
        "version": __version__,
    }
    logs.log_event("listening", facts)
    if sandbox is not None:
        webhooks = daemon.addresses.public or daemon.addresses.internal
        sandbox.connect(webhooks, webhook, kafka)

    from paycli import bootstrap  # the SDKs

    settings = bootstrap.DaemonSettings(stripe, webhook, kafka, tokens, server)
    if server.workers > 1:
        bootstrap.import_sdks()
    plan = worker.WorkerPlan(
        build=lambda recorder: bootstrap.services(settings, recorder.observe_stripe_request),
        register=lambda: bootstrap.registration(server, daemon.addresses.port),
        metrics=Metrics(
            server.workers,
            {
                "version": __version__,
                "mode": str(facts["mode"]),
                "python": platform.python_version(),
            },
        ),
        server=WaitressServer,
        limits=Limits(
            webhooks=server.webhook_max_in_flight,
            payments=stripe.max_in_flight,
            max_body_bytes=server.max_body_bytes,
            stop_timeout_seconds=max(stripe.timeout_seconds, kafka.ack_timeout_seconds) + 5,
        ),
        drain_seconds=server.drain_seconds,
    )

    def on_ready() -> None:
        told = {**facts, "ready_after_seconds": round(time.monotonic() - started_at, 3)}
        if log_format == "console" and sys.stderr.isatty():
            start.show_panel(told)
        else:
            logs.log_event("ready", told)
        if sandbox is not None:
            start.tell_sandbox(sandbox, facts, as_json=log_format == "json")

    raise typer.Exit(daemon.run(plan, on_ready))
