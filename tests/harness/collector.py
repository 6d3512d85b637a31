"""A collector of traces: receives spans over OTLP/HTTP and stores them."""

from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from .local_server import LocalServer, ReceivedRequest


@dataclass(frozen=True)
class CollectedSpan:
    """A span as it was exported; ids in hexadecimal."""

    name: str
    trace_id: str
    id: str
    parent_id: str
    attributes: dict[str, str]


class Collector(LocalServer):
    """Listens while the context lasts; `raw` has all received bytes, `spans` what they contain."""

    def __init__(self) -> None:
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}"
        self.spans: list[CollectedSpan] = []
        self.raw = b""

    def respond(self, request: ReceivedRequest) -> int:
        """Store the exported spans and return 200."""
        self.raw += request.body
        for resource in ExportTraceServiceRequest.FromString(request.body).resource_spans:
            for scope in resource.scope_spans:
                self.spans += [
                    CollectedSpan(
                        span.name,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        {
                            attribute.key: attribute.value.string_value
                            or str(attribute.value.int_value)
                            for attribute in span.attributes
                        },
                    )
                    for span in scope.spans
                ]
        return 200
