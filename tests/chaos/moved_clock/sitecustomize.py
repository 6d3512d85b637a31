"""Python runs this first in a process whose clock is moved, where its own sleep fails.

libfaketime answers EINVAL to an absolute deadline on a clock that it was told to leave alone.
"""

import threading
import time


def sleep(seconds: float) -> None:
    """Wait so many seconds of monotonic time."""
    threading.Event().wait(seconds)


time.sleep = sleep  # type: ignore[assignment]  # as much of it as is used
