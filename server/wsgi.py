"""The daemon's application for another WSGI server: `gunicorn 'server.wsgi:create()'`.

Settings come from the environment, `.env` and secret files. Listeners, limits, draining, workers
and registration, which `paycli serve` adds to the application, are then up to that server.
"""

import atexit
import platform

from paycli import __version__, bootstrap
from paycli.settings import (
    KafkaSettings,
    ServerSettings,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)
from paycli.settings.reader import SettingsReader, SettingsSources
from server import logs
from server.app import create_app
from server.http.interface import WsgiApp
from server.metrics import Metrics
from server.metrics.sampling import start_sampling


def create() -> WsgiApp:
    """Returns the application with all routes; opens connections, so call it after any fork.

    Unacknowledged records are flushed when the process exits. Raises SettingsInvalid.
    """
    reader = SettingsReader(SettingsSources())
    stripe, webhook = reader.read(StripeSettings), reader.read(WebhookSettings)
    kafka, tokens = reader.read(KafkaSettings), reader.read(TokenSettings)
    server = reader.read(ServerSettings)
    reader.check()
    assert stripe and webhook and kafka and tokens and server  # noqa: PT018  (`check` raises)
    logs.configure(server.log_format)
    mode = "live" if stripe.livemode else "test"
    build = {"version": __version__, "mode": mode, "python": platform.python_version()}
    recorder = Metrics(1, build).recorder(0)
    services = bootstrap.services(
        bootstrap.DaemonSettings.of(stripe, webhook, kafka, tokens, server),
        recorder.observe_stripe_request,
    )
    atexit.register(services.close)
    atexit.register(start_sampling(recorder, services.broker, None, lambda: False))
    app: WsgiApp = create_app(services, recorder=recorder, max_body_bytes=server.max_body_bytes)
    return app
