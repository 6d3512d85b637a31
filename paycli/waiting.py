"""How a request waits for Kafka: its thread blocks, or a cooperative server suspends the request.

A server that runs many requests on one thread sets `SUSPEND` for each request.
"""

from collections.abc import Callable
from contextvars import ContextVar

Suspend = Callable[[Callable[[], bool], float], bool]
"""Suspends the request until a condition is true or a deadline (of `time.monotonic()`) has passed.

Returns whether the condition was true. The condition is evaluated often, in the thread that runs
the suspended requests.
"""

SUSPEND: ContextVar[Suspend | None] = ContextVar("SUSPEND", default=None)
"""Suspends the current request; None if its thread blocks instead."""
