"""Updates a process's gauges from a thread of its own."""

import threading
from collections.abc import Callable

from paycli.services import Broker, Registration
from server.metrics.recorder import MetricsRecorder

INTERVAL_SECONDS = 1.0


def start_sampling(
    recorder: MetricsRecorder,
    broker: Broker,
    registration: Registration | None,
    draining: Callable[[], bool],
) -> Callable[[], None]:
    """Sets the gauges now and then every second; returns a function that stops the thread."""
    stopped = threading.Event()

    def sample() -> None:
        recorder.set_worker_state(broker.status(), draining=draining())
        if registration is not None:
            recorder.set_registered(registered=registration.registered)

    def run() -> None:
        while not stopped.wait(INTERVAL_SECONDS):
            sample()

    sample()
    threading.Thread(target=run, name="metrics", daemon=True).start()
    return stopped.set
