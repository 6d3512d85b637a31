"""What the daemon counts, right across its processes, and how Prometheus reads it."""

from server.metrics.meter import Meter, Metrics

__all__ = ["Meter", "Metrics"]
