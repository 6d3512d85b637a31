"""A thread in each process that writes down, every second, how it stands with it now."""

import threading
from collections.abc import Callable

from paycli.services import Broker, Registration
from server.metrics.recorder import MetricsRecorder

SECONDS = 1.0


def start_sampling(
    recorder: MetricsRecorder,
    broker: Broker,
    registration: Registration | None,
    draining: Callable[[], bool],
) -> Callable[[], None]:
    """Begins; returns what ends it."""
    ended = threading.Event()

    def look() -> None:
        recorder.set_worker_state(broker.status(), draining=draining())
        if registration is not None:
            recorder.set_registered(registered=registration.registered)

    def run() -> None:
        while not ended.wait(SECONDS):
            look()

    look()
    threading.Thread(target=run, name="metrics", daemon=True).start()
    return ended.set
