"""What the daemon counts, right across its processes, and how Prometheus reads it."""

from server.metrics.recorder import Metrics, MetricsRecorder

__all__ = ["Metrics", "MetricsRecorder"]
