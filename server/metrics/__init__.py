"""Metrics of the daemon, summed over its processes, in Prometheus's text format."""

from server.metrics.recorder import Metrics, MetricsRecorder

__all__ = ["Metrics", "MetricsRecorder"]
