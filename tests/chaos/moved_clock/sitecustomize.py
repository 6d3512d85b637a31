"""Replaces `time.sleep`, which fails in a process whose clock libfaketime shifts.

libfaketime returns EINVAL for an absolute deadline on a clock that it is configured to ignore.
"""

import threading
import time


def sleep(seconds: float) -> None:
    """Sleep for a number of seconds of monotonic time."""
    threading.Event().wait(seconds)


time.sleep = sleep  # type: ignore[assignment]  # only the form that is used
