"""`paycli serve`."""

import logging
import os
import platform
import sys
import time
from contextlib import ExitStack
from typing import Annotated, Literal

import typer

from paycli import __version__
from paycli.cli import ready_message
from paycli.cli.exit_codes import exits
from paycli.cli.lazy_settings import LazySettings, check_all
from paycli.cli.sandbox import Sandbox, run_sandbox
from paycli.cli.settings_options import with_settings
from paycli.settings import (
    KafkaSettings,
    ServerSettings,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)
from paycli.settings.reader import SettingsSources


@exits({1: "the address is in use, or a second signal forced the exit"}, 3)
@with_settings
def serve(
    *,
    sandbox: Annotated[
        bool,
        typer.Option("--sandbox", help="Run with a local Stripe stand-in and Kafka broker."),
    ] = False,
    sandbox_part: Annotated[
        Literal["stripe", "kafka"] | None,
        typer.Option(help="Run only this part of the sandbox; the other one is real."),
    ] = None,
    sources: SettingsSources,
    stripe: LazySettings[StripeSettings],
    webhook: LazySettings[WebhookSettings],
    kafka: LazySettings[KafkaSettings],
    tokens: LazySettings[TokenSettings],
    server: LazySettings[ServerSettings],
) -> None:
    """Run the daemon until SIGTERM or Ctrl-C; a second signal forces the exit.

    The daemon serves internal callers and Stripe's webhooks. It is ready (/readyz) once it has
    connected to Kafka and the topic exists.

    Examples:
        paycli serve --listen 127.0.0.1:8081 --workers 2
        paycli serve --sandbox
    """
    with ExitStack() as stack:
        running_sandbox = None
        if sandbox or sandbox_part:
            running_sandbox = stack.enter_context(run_sandbox(sources, sandbox_part))
        check_all(stripe, webhook, kafka, tokens, server)
        exit_code = _serve(stripe(), webhook(), kafka(), tokens(), server(), running_sandbox)
    logging.shutdown()
    # The interpreter's exit would wait for threads of libcurl that resolve a host name.
    os._exit(exit_code)


def _serve(
    stripe: StripeSettings,
    webhook: WebhookSettings,
    kafka: KafkaSettings,
    tokens: TokenSettings,
    server: ServerSettings,
    sandbox: Sandbox | None,
) -> int:
    """Runs the daemon; returns its exit code."""
    started_at = time.monotonic()
    from server import logs  # the HTTP framework
    from server.http.interface import Limits
    from server.metrics import Metrics
    from server.process import runner, worker

    log_format = server.log_format or ("console" if sys.stderr.isatty() else "json")
    logs.configure(log_format)
    from paycli import bootstrap  # the SDKs

    # Before the sockets: what they accept would be lost if a file of the settings is invalid.
    settings = bootstrap.DaemonSettings.of(stripe, webhook, kafka, tokens, server)
    daemon = runner.DaemonRunner(server.listen, server.public_listen, server.workers)
    facts: ready_message.Facts = {
        "url": daemon.addresses.internal,
        "public_url": daemon.addresses.public,
        "mode": "live" if stripe.livemode else "test",
        "topic": kafka.topic,
        "workers": server.workers,
        "version": __version__,
    }
    logs.log_event("listening", facts)
    if sandbox is not None:
        webhook_url = daemon.addresses.public or daemon.addresses.internal
        sandbox.connect(webhook_url, webhook, kafka)

    if server.workers > 1:
        bootstrap.import_sdks()
    plan = worker.WorkerPlan(
        build=lambda recorder, new_event: bootstrap.services(
            settings, recorder.observe_stripe_request, new_event
        ),
        register=lambda: bootstrap.registration(server, daemon.addresses.port),
        metrics=Metrics(
            server.workers,
            {
                "version": __version__,
                "mode": str(facts["mode"]),
                "python": platform.python_version(),
            },
        ),
        limits=Limits(
            webhooks=server.webhook_max_in_flight,
            payments=stripe.max_in_flight,
            max_body_bytes=server.max_body_bytes,
            idle_seconds=server.idle_seconds,
            stop_timeout_seconds=max(stripe.timeout_seconds, kafka.ack_timeout_seconds) + 5,
        ),
        drain_seconds=server.drain_seconds,
    )

    def on_ready() -> None:
        ready_facts = {**facts, "ready_after_seconds": round(time.monotonic() - started_at, 3)}
        if log_format == "console" and sys.stderr.isatty():
            ready_message.print_panel(ready_facts)
        else:
            logs.log_event("ready", ready_facts)
        if sandbox is not None:
            ready_message.print_sandbox(sandbox, facts, as_json=log_format == "json")

    return daemon.run(plan, on_ready)
