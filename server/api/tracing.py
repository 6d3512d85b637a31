"""Middleware that records a span per API request, within the trace of its `traceparent`."""

from http import HTTPStatus

import falcon

from paycli.tracing import Tracer

_TRACED_PREFIX = "/api/"
"""Probes and metrics are not traced."""


class RequestTracing:
    """Records a span for each request under `/api/`. Runs after `RequestLog`."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        """Starts the span."""
        request.context.trace = None
        if not request.path.startswith(_TRACED_PREFIX):
            return
        context = self._tracer.span(request.method, "server", request.get_header("traceparent"))
        request.context.trace = context, context.__enter__()

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        _resource: object,
        _succeeded: bool,  # noqa: FBT001  (Falcon's signature)
    ) -> None:
        """Ends the span with the route, the status and, for a server error, the code."""
        if request.context.trace is None:
            return
        context, span = request.context.trace
        route = request.uri_template or "unknown"
        span.rename(f"{request.method} {route}")
        span.set_attributes(
            http__request__method=request.method,
            http__route=route,
            http__response__status_code=response.status_code,
        )
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            span.fail(request.context.log_fields.get("code", "unknown"))
        context.__exit__(None, None, None)
