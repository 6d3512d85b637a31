"""The tracing interface of the use cases; `paycli.adapters.otel` implements it.

`traceparent` is defined by https://www.w3.org/TR/trace-context/.
"""

from contextlib import AbstractContextManager
from typing import Literal, Protocol, Self

SpanKindName = Literal["server", "client", "producer"]


class Span(Protocol):
    """One operation within a trace."""

    @property
    def traceparent(self) -> str | None:
        """The value to propagate to the next service; None if tracing is off."""

    def rename(self, name: str) -> None:
        """Updates the span's name."""

    def set_attributes(self, **attributes: str | int) -> None:
        """Sets attributes by their OpenTelemetry names, with `__` for each dot; never a secret."""

    def fail(self, code: str) -> None:
        """Marks the span as failed with an error's code."""


class Tracer(Protocol):
    """Creates spans and exports them."""

    def span(
        self, name: str, kind: SpanKindName, traceparent: str | None = None
    ) -> AbstractContextManager[Span]:
        """Returns a context manager for a child span of `traceparent`, or of the current span."""

    def close(self) -> None:
        """Exports the remaining spans, within a few seconds."""


class _NoSpan:
    traceparent = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def rename(self, name: str) -> None:
        """Does nothing."""

    def set_attributes(self, **attributes: str | int) -> None:
        """Does nothing."""

    def fail(self, code: str) -> None:
        """Does nothing."""


_NO_SPAN = _NoSpan()


class NoTracer:
    """A tracer that records nothing."""

    def span(self, name: str, kind: SpanKindName, traceparent: str | None = None) -> _NoSpan:  # noqa: ARG002  (Tracer's signature)
        """Returns a span that records nothing."""
        return _NO_SPAN

    def close(self) -> None:
        """Does nothing."""


NO_TRACER = NoTracer()
