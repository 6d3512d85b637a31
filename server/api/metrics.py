"""`GET /metrics`, and the middleware that records every request."""

import time

import falcon

from paycli.routes import API_PREFIX, WEBHOOK_PATH
from server.metrics import Metrics, MetricsRecorder
from server.metrics.exposition import CONTENT_TYPE


class MetricsResource:
    """`GET /metrics`: the metrics of the whole daemon, from any of its processes."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """Returns Prometheus's text format."""
        response.content_type = CONTENT_TYPE
        response.data = self._metrics.text().encode()


class RequestMetrics:
    """Middleware that records each request and its outcome. Runs after `RequestLog`."""

    def __init__(self, recorder: MetricsRecorder) -> None:
        self._recorder = recorder

    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        """Counts the request as in flight."""
        request.context.kind = _kind(request.path)
        request.context.ingest_result = None
        self._recorder.request_started(request.context.kind)

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        _resource: object,
        _succeeded: bool,  # noqa: FBT001  (Falcon's signature)
    ) -> None:
        """Counts the response; resources and error handlers have set what it was."""
        context = request.context
        seconds = time.perf_counter() - context.started_at
        self._recorder.request_finished(
            context.kind, request.method, request.uri_template, response.status_code, seconds
        )
        fields = context.log_fields
        if context.ingest_result is not None:
            self._recorder.count_webhook(context.ingest_result)
        elif "code" in fields:
            self._recorder.count_problem(fields["code"], fields.get("cause"))


def _kind(path: str) -> str:
    if path == WEBHOOK_PATH:
        return "webhook"
    return "api" if path.startswith(API_PREFIX) else "other"
