"""Traces with OpenTelemetry over OTLP.

Its settings are OpenTelemetry's: https://opentelemetry.io/docs/specs/otel/protocol/exporter/.
Imported only if tracing is enabled, since the import is slow.
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
    """Implements `paycli.tracing.Span` with a span of the SDK."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str | None:
        """The value of the W3C header `traceparent`, None if the span is not valid."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, trace.set_span_in_context(self._span))
        return carrier.get("traceparent")

    def rename(self, name: str) -> None:
        """Changes the span's name."""
        self._span.update_name(name)

    def set_attributes(self, **attributes: str | int) -> None:
        """Adds attributes; `__` stands for a dot."""
        for name, value in attributes.items():
            self._span.set_attribute(name.replace("__", "."), value)

    def fail(self, code: str) -> None:
        """Marks the span as failed; no exception text, which may hold sensitive data."""
        self._span.set_attribute("error.type", code)
        self._span.set_status(trace.StatusCode.ERROR)


class OtelTracer:
    """Creates the spans of one process, exported in the background; create it after any fork."""

    def __init__(self, service_name: str, version: str) -> None:
        # The SDK would log an unreachable collector for each batch, with a traceback.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        resource = Resource.create({SERVICE_NAME: service_name, SERVICE_VERSION: version})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("paycli", version)

    @contextmanager
    def span(
        self, name: str, kind: SpanKindName, traceparent: str | None = None
    ) -> Iterator[OtelSpan]:
        """Runs a span; an error of ours marks it as failed with its code, and is raised on."""
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
        """Exports the remaining spans, within `CLOSE_SECONDS`."""
        flush = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        flush.start()
        flush.join(CLOSE_SECONDS)
