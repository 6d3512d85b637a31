"""A span for each request of a caller or of Stripe, within the trace that it names."""

from http import HTTPStatus

import falcon

from paycli.tracing import Tracer

_TRACED = "/api/"


class Tracing:
    """Goes behind `RequestLog`; probes and metrics are not traced."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        """Begins the span."""
        request.context.trace = None
        if not request.path.startswith(_TRACED):
            return
        context = self._tracer.span(request.method, "server", request.get_header("traceparent"))
        request.context.trace = context, context.__enter__()

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        _resource: object,
        _succeeded: bool,  # noqa: FBT001  (Falcon's way)
    ) -> None:
        """Ends it, with the route and the status, and the code of an error."""
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
