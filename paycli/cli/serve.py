"""`paycli serve`: the daemon."""

import time

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
    """Runs the daemon until SIGTERM or Ctrl-C.

    It answers internal callers and Stripe on one address, and is ready (/readyz) once Kafka has
    answered and the topic is there.

    Example:
    PAYCLI_STRIPE_API_KEY=sk_test_… PAYCLI_STRIPE_WEBHOOK_SECRETS=whsec_…
    PAYCLI_API_TOKENS=booking=… PAYCLI_KAFKA_BOOTSTRAP_SERVERS=kafka:9092 paycli serve
    """
    started_at = time.monotonic()
    # A busy port is told at once, before what takes long to import.
    from server import logs, runner

    logs.set_up(server.log_format)
    sock = runner.bind(server.listen.host, server.listen.port)

    from paycli import bootstrap  # the SDKs

    settings = bootstrap.DaemonSettings(stripe, webhook, kafka, tokens, server)
    limits = runner.Limits(
        threads=server.threads,
        payment_threads=stripe.max_in_flight,
        max_body_bytes=server.max_body_bytes,
        stop_timeout_seconds=max(stripe.timeout_seconds, kafka.ack_timeout_seconds) + 5,
    )
    runner.run(sock, lambda: bootstrap.services(settings), limits, started_at=started_at)
