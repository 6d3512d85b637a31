"""The WSGI application: all routes on one screen."""

from collections.abc import Callable

import falcon

from paycli.errors import PaycliError
from paycli.payments.use_cases import UseCases
from paycli.routes import WEBHOOK_PATH
from paycli.services import Services
from paycli.tracing import NO_TRACER
from server.api.accounts import AccountsResource
from server.api.actuator import ActuatorHealthResource, ActuatorInfoResource
from server.api.authorization import Authorization
from server.api.balance import BalanceResource
from server.api.customer_sessions import CustomerSessionsResource
from server.api.customers import CustomersResource
from server.api.disputes import DisputesResource
from server.api.docs import DocsResource
from server.api.error_handlers import on_http_error, on_paycli_error, on_unexpected_error
from server.api.health import HealthResource, ReadyResource
from server.api.metrics import MetricsResource, RequestMetrics
from server.api.middleware import Authentication, HeadAsGet, QueryParameters, RequestLog
from server.api.openapi import OpenApiResource
from server.api.payment_methods import PaymentMethodsResource
from server.api.payments import PaymentsResource
from server.api.payouts import PayoutsResource
from server.api.refunds import RefundsResource
from server.api.setups import SetupsResource
from server.api.stripe_webhook import StripeEventsResource
from server.api.tracing import RequestTracing
from server.api.transfers import TransfersResource
from server.metrics import MetricsRecorder
from server.openapi.operations import OPERATIONS


def create_app(
    services: Services,
    *,
    recorder: MetricsRecorder,
    max_body_bytes: int,
    webhook: bool = True,
    internal: bool = True,
    draining: Callable[[], bool] = lambda: False,
) -> falcon.App[falcon.Request, falcon.Response]:
    """Returns the application.

    Args:
        services: The use cases.
        recorder: Records the metrics of this process.
        max_body_bytes: Larger request bodies get 413.
        webhook: Whether to add Stripe's webhook route.
        internal: Whether to add all other routes.
        draining: Returns whether the process is shutting down, so that it is not ready.
    """
    app = falcon.App()
    app.add_middleware(RequestLog())
    app.add_middleware(HeadAsGet())
    app.add_middleware(RequestMetrics(recorder))
    if internal:
        # Without internal routes no path needs a token, and unknown ones stay 404 instead of 401.
        app.add_middleware(Authentication(services.callers))
        app.add_middleware(Authorization(OPERATIONS, services.permissions))
    if services.tracer is not NO_TRACER:
        app.add_middleware(RequestTracing(services.tracer))
    app.add_middleware(QueryParameters(OPERATIONS))
    app.add_error_handler(Exception, on_unexpected_error)
    app.add_error_handler(falcon.HTTPError, on_http_error)
    app.add_error_handler(PaycliError, on_paycli_error)

    if webhook:
        app.add_route(WEBHOOK_PATH, StripeEventsResource(services.webhooks, max_body_bytes))
    if internal:
        _add_api_routes(app, services.use_cases, max_body_bytes)
        app.add_route("/openapi.json", OpenApiResource())
        app.add_route("/docs", DocsResource(services.webhooks.topics))
        app.add_route("/healthz", HealthResource(services.broker))
        app.add_route("/readyz", ReadyResource(services.broker, draining))
        app.add_route("/metrics", MetricsResource(recorder.metrics))
        app.add_route(
            "/actuator/health",
            ActuatorHealthResource(services.broker, recorder.metrics, draining),
        )
        app.add_route("/actuator/info", ActuatorInfoResource())
    return app


def _add_api_routes(
    app: falcon.App[falcon.Request, falcon.Response], use_cases: UseCases, max_body_bytes: int
) -> None:
    payments = PaymentsResource(use_cases.payments, max_body_bytes)
    refunds = RefundsResource(use_cases.refunds, max_body_bytes)
    payment_path = "/api/v1/payments/{payment_id}"
    app.add_route("/api/v1/payments", payments)
    app.add_route(payment_path, payments, suffix="payment")
    app.add_route(f"{payment_path}/increment", payments, suffix="increment")
    app.add_route(f"{payment_path}/capture", payments, suffix="capture")
    app.add_route(f"{payment_path}/cancel", payments, suffix="cancel")
    app.add_route(f"{payment_path}/refunds", refunds)
    app.add_route("/api/v1/refunds/{refund_id}", refunds, suffix="refund")
    transfers = TransfersResource(use_cases.transfers, max_body_bytes)
    app.add_route(f"{payment_path}/transfers", transfers)
    app.add_route("/api/v1/transfers/{transfer_id}/reversals", transfers, suffix="reversals")
    payouts = PayoutsResource(use_cases.payouts)
    app.add_route("/api/v1/payouts", payouts)
    app.add_route("/api/v1/payouts/{payout_id}", payouts, suffix="payout")
    app.add_route("/api/v1/payouts/{payout_id}/transactions", payouts, suffix="transactions")
    app.add_route("/api/v1/balance", BalanceResource(use_cases.balances))
    customers = CustomersResource(use_cases.customers, max_body_bytes)
    methods = PaymentMethodsResource(use_cases.payment_methods)
    sessions = CustomerSessionsResource(use_cases.customer_sessions, max_body_bytes)
    customer_path = "/api/v1/customers/{customer_id}"
    methods_path = f"{customer_path}/payment-methods"
    app.add_route("/api/v1/customers", customers)
    app.add_route(customer_path, customers, suffix="customer")
    app.add_route(methods_path, methods)
    app.add_route(f"{methods_path}/{{payment_method_id}}", methods, suffix="payment_method")
    app.add_route(f"{customer_path}/sessions", sessions)
    setups = SetupsResource(use_cases.setups, max_body_bytes)
    app.add_route("/api/v1/setups", setups)
    app.add_route("/api/v1/setups/{setup_id}", setups, suffix="setup")
    app.add_route("/api/v1/setups/{setup_id}/cancel", setups, suffix="cancel")
    disputes = DisputesResource(use_cases.disputes, max_body_bytes)
    dispute_path = "/api/v1/disputes/{dispute_id}"
    app.add_route("/api/v1/disputes", disputes)
    app.add_route(dispute_path, disputes, suffix="dispute")
    app.add_route(f"{dispute_path}/evidence", disputes, suffix="evidence")
    app.add_route(f"{dispute_path}/accept", disputes, suffix="accept")
    accounts = AccountsResource(use_cases.accounts, max_body_bytes)
    app.add_route("/api/v1/accounts", accounts)
    app.add_route("/api/v1/accounts/{account_id}", accounts, suffix="account")
    app.add_route("/api/v1/accounts/{account_id}/links", accounts, suffix="links")
