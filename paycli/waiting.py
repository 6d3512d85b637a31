"""How a request waits: its thread sleeps, or it is suspended and its server does something else.

A server that runs many requests on one thread sets `SUSPEND` for each of them.
"""

from collections.abc import Callable
from contextvars import ContextVar

Suspend = Callable[[Callable[[], bool], float], bool]
"""Lets others run until a condition holds, at most until a time of `time.monotonic()`.

Returns whether it held. The condition is asked often, in the thread of those who are suspended.
"""

SUSPEND: ContextVar[Suspend | None] = ContextVar("SUSPEND", default=None)
"""How this request waits; None: its thread sleeps."""
