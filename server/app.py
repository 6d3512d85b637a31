"""The WSGI application: all routes on one screen."""

import logging

import falcon

from paycli.errors import PaycliError
from paycli.services import Services
from server.errors import on_http_error, on_paycli_error, on_unexpected_error
from server.health import HealthResource, ReadyResource
from server.middleware import WEBHOOK_PATH, Authentication, RequestId
from server.payments import PaymentResource, PaymentsResource
from server.stripe_events import StripeEventsResource

log = logging.getLogger("paycli.http")


def create_app(
    services: Services, max_body_bytes: int
) -> falcon.App[falcon.Request, falcon.Response]:
    """The application over the given use cases; larger bodies than `max_body_bytes` get 413."""
    app = falcon.App()
    app.add_middleware(RequestId())
    app.add_middleware(Authentication(services.callers))
    app.req_options.strip_url_path_trailing_slash = False
    app.add_error_handler(Exception, on_unexpected_error)
    app.add_error_handler(falcon.HTTPError, on_http_error)
    app.add_error_handler(PaycliError, on_paycli_error)

    payments = services.payments
    app.add_route("/api/v1/payments", PaymentsResource(payments, max_body_bytes))
    app.add_route("/api/v1/payments/{payment_id}", PaymentResource(payments))
    app.add_route(WEBHOOK_PATH, StripeEventsResource(services.webhooks, max_body_bytes))
    app.add_route("/healthz", HealthResource())
    app.add_route("/readyz", ReadyResource(services.broker))
    return app
