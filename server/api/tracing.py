"""Middleware that records a span per API request, within the trace of an authenticated caller."""

from http import HTTPStatus

import falcon

from paycli.tracing import Tracer

_TRACED_PREFIX = "/api/"
"""Probes and metrics are not traced."""


class RequestTracing:
    """Records a span for each request under `/api/`. Runs after `Authentication`.

    `traceparent` asks for the trace to be sampled, which costs at the collector. So only callers
    with a token can ask; a webhook starts a trace of its own, which the sampler decides about.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        """Starts the span."""
        if not request.path.startswith(_TRACED_PREFIX):
            return
        authenticated = hasattr(request.context, "caller")
        parent = request.get_header("traceparent") if authenticated else None
        context = self._tracer.span(request.method, "server", parent)
        request.context.trace = context, context.__enter__()

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        _resource: object,
        _succeeded: bool,  # noqa: FBT001  (Falcon's signature)
    ) -> None:
        """Ends the span with the route, the status and, for a server error, the code."""
        trace = getattr(request.context, "trace", None)  # None: not traced, or not authenticated
        if trace is None:
            return
        context, span = trace
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
