"""`GET /metrics`, and the middleware that counts every request."""

import time

import falcon

from paycli.routes import STRIPE_BOUND_PATHS, WEBHOOK_PATH
from server.metrics.exposition import CONTENT_TYPE
from server.metrics.recorder import Metrics, MetricsRecorder


class MetricsResource:
    """`GET /metrics`: the whole daemon's, whichever of its processes answers."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """The text that Prometheus reads."""
        response.content_type = CONTENT_TYPE
        response.data = self._metrics.text().encode()


class Counting:
    """Counts each request and what came of it; it goes behind `RequestLog`."""

    def __init__(self, recorder: MetricsRecorder) -> None:
        self._recorder = recorder

    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        """Notes that it is in flight."""
        request.context.kind = _kind(request.path)
        request.context.receipt = None
        self._recorder.request_started(request.context.kind)

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        _resource: object,
        _succeeded: bool,  # noqa: FBT001  (Falcon's way)
    ) -> None:
        """Counts the answer; resources and error handlers have said what it is."""
        context = request.context
        seconds = time.perf_counter() - context.started_at
        route = request.uri_template
        self._recorder.request_finished(
            context.kind, request.method, route, response.status_code, seconds
        )
        if context.receipt is not None:
            self._recorder.count_webhook(context.receipt)
        elif "code" in context.log_fields:
            self._recorder.count_problem(
                context.log_fields["code"], context.log_fields.get("cause")
            )


def _kind(path: str) -> str:
    if path == WEBHOOK_PATH:
        return "webhook"
    return "payment" if path.startswith(STRIPE_BOUND_PATHS) else "other"
