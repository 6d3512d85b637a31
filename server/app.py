"""The WSGI application: all routes on one screen."""

from collections.abc import Callable

import falcon

from paycli.errors import PaycliError
from paycli.services import Services
from server.errors import on_http_error, on_paycli_error, on_unexpected_error
from server.health import HealthResource, ReadyResource
from server.middleware import WEBHOOK_PATH, Authentication, RequestLog
from server.payments import PaymentResource, PaymentsResource
from server.stripe_events import StripeEventsResource


def create_app(
    services: Services,
    *,
    max_body_bytes: int,
    webhook: bool = True,
    internal: bool = True,
    draining: Callable[[], bool] = lambda: False,
) -> falcon.App[falcon.Request, falcon.Response]:
    """The application over the given use cases; larger bodies than `max_body_bytes` get 413.

    `webhook` and `internal` say which routes it has; `draining` whether the process is on its way
    out.
    """
    app = falcon.App()
    app.add_middleware(RequestLog())
    app.add_middleware(Authentication(services.callers))
    app.add_error_handler(Exception, on_unexpected_error)
    app.add_error_handler(falcon.HTTPError, on_http_error)
    app.add_error_handler(PaycliError, on_paycli_error)

    if webhook:
        app.add_route(WEBHOOK_PATH, StripeEventsResource(services.webhooks, max_body_bytes))
    if internal:
        payments = services.payments
        app.add_route("/api/v1/payments", PaymentsResource(payments, max_body_bytes))
        app.add_route("/api/v1/payments/{payment_id}", PaymentResource(payments))
        app.add_route("/healthz", HealthResource())
        app.add_route("/readyz", ReadyResource(services.broker, draining))
    return app
