"""The WSGI application: all routes on one screen."""

from collections.abc import Callable

import falcon

from paycli.errors import PaycliError
from paycli.services import Services
from paycli.settings import WEBHOOK_PATH
from paycli.tracing import NO_TRACER
from server.actuator import ActuatorHealthResource, ActuatorInfoResource
from server.errors import on_http_error, on_paycli_error, on_unexpected_error
from server.health import HealthResource, ReadyResource
from server.metrics import Meter
from server.metrics.resource import Counting, MetricsResource
from server.middleware import Authentication, RequestLog
from server.payments import (
    CancelResource,
    CaptureResource,
    PaymentResource,
    PaymentsResource,
)
from server.reference import OpenApiResource
from server.refunds import PaymentRefundsResource, RefundResource
from server.stripe_events import StripeEventsResource
from server.tracing import Tracing


def create_app(
    services: Services,
    *,
    meter: Meter,
    max_body_bytes: int,
    webhook: bool = True,
    internal: bool = True,
    draining: Callable[[], bool] = lambda: False,
) -> falcon.App[falcon.Request, falcon.Response]:
    """The application over the given use cases; larger bodies than `max_body_bytes` get 413.

    `meter` counts what happens.
    `webhook` and `internal` say which routes it has; `draining` whether the process is on its way
    out.
    """
    app = falcon.App()
    app.add_middleware(RequestLog())
    app.add_middleware(Counting(meter))
    if services.tracer is not NO_TRACER:
        app.add_middleware(Tracing(services.tracer))
    if internal:
        # Without internal routes there is nothing to guard: what is not there is 404.
        app.add_middleware(Authentication(services.callers))
    app.add_error_handler(Exception, on_unexpected_error)
    app.add_error_handler(falcon.HTTPError, on_http_error)
    app.add_error_handler(PaycliError, on_paycli_error)

    if webhook:
        app.add_route(WEBHOOK_PATH, StripeEventsResource(services.webhooks, max_body_bytes))
    if internal:
        payments = services.payments
        one = "/api/v1/payments/{payment_id}"
        app.add_route("/api/v1/payments", PaymentsResource(payments, max_body_bytes))
        app.add_route(one, PaymentResource(payments, max_body_bytes))
        app.add_route(f"{one}/capture", CaptureResource(payments, max_body_bytes))
        app.add_route(f"{one}/cancel", CancelResource(payments, max_body_bytes))
        app.add_route(f"{one}/refunds", PaymentRefundsResource(payments, max_body_bytes))
        app.add_route("/api/v1/refunds/{refund_id}", RefundResource(payments))
        app.add_route("/openapi.json", OpenApiResource())
        app.add_route("/healthz", HealthResource(services.broker))
        app.add_route("/readyz", ReadyResource(services.broker, draining))
        app.add_route("/metrics", MetricsResource(meter.metrics))
        app.add_route("/actuator/health", ActuatorHealthResource(services.broker, meter, draining))
        app.add_route("/actuator/info", ActuatorInfoResource())
    return app
