"""Requests by path: webhooks share one thread, requests that call Stripe delay no others."""

import time
from queue import SimpleQueue
from threading import Thread

from paycli.routes import API_PREFIX, WEBHOOK_PATH
from server.http.interface import SPARE_THREADS
from server.http.scheduler import GreenletScheduler, Serve


class _ThreadPool:
    """Threads that serve requests, each thread one at a time."""

    def __init__(self, threads: int) -> None:
        self._queue: SimpleQueue[Serve | None] = SimpleQueue()
        self._threads = [
            Thread(target=self._work, name=f"requests-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()
        self.add = self._queue.put

    def _work(self) -> None:
        while (serve := self._queue.get()) is not None:
            serve()

    def shutdown(self, timeout_seconds: float) -> None:
        """Stops the threads, and waits for those that still serve until the timeout."""
        deadline = time.monotonic() + timeout_seconds
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


class RequestDispatcher:
    """Webhooks run in the scheduler, requests that call Stripe and all others each in a pool."""

    def __init__(self, scheduler: GreenletScheduler, payment_threads: int) -> None:
        self._scheduler = scheduler
        self._other_pool = _ThreadPool(SPARE_THREADS)
        self._stripe_pool = _ThreadPool(payment_threads + SPARE_THREADS)

    def dispatch(self, path: str, serve: Serve) -> None:
        """Queues a request."""
        if path == WEBHOOK_PATH:
            self._scheduler.add(serve)
        elif path.startswith(API_PREFIX):
            self._stripe_pool.add(serve)
        else:
            self._other_pool.add(serve)

    def shutdown(self, timeout_seconds: float) -> None:
        """Stops both pools, and waits for each until the timeout."""
        self._other_pool.shutdown(timeout_seconds)
        self._stripe_pool.shutdown(timeout_seconds)
