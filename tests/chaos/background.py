"""A loop on a thread of its own that runs while a context lasts."""

import threading
from typing import Self


class BackgroundLoop:
    """Runs `_run` on a thread; it must return soon after `_stopping` is set, on leaving."""

    def __init__(self, name: str) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        raise NotImplementedError
