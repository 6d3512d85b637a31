"""A server that responds to each connection byte by byte, without an end."""

import socket
import threading
from contextlib import suppress
from typing import Self

from .ports import free_port

INTERVAL_SECONDS = 0.2


class DrippingServer:
    """Listens on a free port of 127.0.0.1 while the context lasts; `connections` counts them."""

    def __init__(self) -> None:
        self.port = free_port()
        self.connections = 0

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", self.port))
        self._closed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._drip, args=(connection,), daemon=True).start()

    def _drip(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            while not self._closed.wait(INTERVAL_SECONDS):
                connection.sendall(b"x")
