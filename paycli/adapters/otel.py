"""Traces by OpenTelemetry over OTLP. Its settings are its own: https://opentelemetry.io/docs/specs/otel/protocol/exporter/.

Only imported where traces are wanted: it takes long to import.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from paycli.errors import PaycliError
from paycli.tracing import SpanKindName

CLOSE_SECONDS = 3.0

_KINDS = {
    "server": trace.SpanKind.SERVER,
    "client": trace.SpanKind.CLIENT,
    "producer": trace.SpanKind.PRODUCER,
}
_W3C = TraceContextTextMapPropagator()


class OtelSpan:
    """A span of the SDK's."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str | None:
        """As the specification writes it."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, trace.set_span_in_context(self._span))
        return carrier.get("traceparent")

    def rename(self, name: str) -> None:
        """Gives it another name."""
        self._span.update_name(name)

    def set_attributes(self, **attributes: str | int) -> None:
        """Adds attributes; `__` stands for a dot."""
        for name, value in attributes.items():
            self._span.set_attribute(name.replace("__", "."), value)

    def fail(self, code: str) -> None:
        """Says that it failed; an exception's own words may hold what nobody shall see."""
        self._span.set_attribute("error.type", code)
        self._span.set_status(trace.StatusCode.ERROR)


class OtelTracer:
    """Spans of one process, sent in the background; make it after any fork."""

    def __init__(self, service_name: str, version: str) -> None:
        # A collector that is away would be told for each batch, with a stack.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        resource = Resource.create({SERVICE_NAME: service_name, SERVICE_VERSION: version})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("paycli", version)

    @contextmanager
    def span(
        self, name: str, kind: SpanKindName, traceparent: str | None = None
    ) -> Iterator[OtelSpan]:
        """A span; errors of ours go through it and are noted by their code."""
        parent = _W3C.extract({"traceparent": traceparent}) if traceparent else None
        with self._tracer.start_as_current_span(
            name,
            parent,
            _KINDS[kind],
            record_exception=False,
            set_status_on_exception=False,
        ) as inner:
            span = OtelSpan(inner)
            try:
                yield span
            except PaycliError as error:
                span.fail(error.code)
                raise

    def close(self) -> None:
        """Sends what is left, within `CLOSE_SECONDS`."""
        last = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        last.start()
        last.join(CLOSE_SECONDS)
