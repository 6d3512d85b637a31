"""A TCP proxy in front of one server whose connections can be cut, held and delayed."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Self, TypeVar

from .ports import free_port

READ_BYTES = 65_536
Result = TypeVar("Result")


class Link:
    """Forwards connections on its `port` to another port of this machine, while the context lasts.

    Held data are not lost: as with TCP they arrive later, unless the link is cut first.
    """

    def __init__(self, target_port: int) -> None:
        """Take the port of the server."""
        self.port = free_port()
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="link", daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._cut = False
        self._delay_seconds = 0.0
        self._forward_requests = asyncio.Event()
        self._forward_responses = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self.heal()
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Reset every connection, and every new one as soon as it is accepted."""
        self._run(self._change(cut=True))

    def hold(self) -> None:
        """Forward nothing in either direction; connections stay open."""
        self._run(self._change(requests=False, responses=False))

    def hold_responses(self) -> None:
        """Forward requests but no responses: the server acts and the client does not know."""
        self._run(self._change(responses=False))

    def slow(self, delay_seconds: float) -> None:
        """Delay all data by `delay_seconds` in each direction."""
        self._run(self._change(delay_seconds=delay_seconds))

    def heal(self) -> None:
        """Forward everything without delay."""
        self._run(self._change())

    async def _change(
        self,
        *,
        cut: bool = False,
        requests: bool = True,
        responses: bool = True,
        delay_seconds: float = 0.0,
    ) -> None:
        self._cut, self._delay_seconds = cut, delay_seconds
        for forwards, event in (
            (requests, self._forward_requests),
            (responses, self._forward_responses),
        ):
            if forwards:
                event.set()
            else:
                event.clear()
        if cut:
            self._reset_all()

    def _reset_all(self) -> None:
        for writer in self._writers:
            _reset(writer)

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self._writers.add(to_client)
        try:
            if self._cut:
                _reset(to_client)
                return
            server, to_server = await asyncio.open_connection("127.0.0.1", self._target_port)
            self._writers.add(to_server)
            try:
                pumps = [
                    asyncio.ensure_future(self._pump(client, to_server, self._forward_requests)),
                    asyncio.ensure_future(self._pump(server, to_client, self._forward_responses)),
                ]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
            finally:
                self._writers.discard(to_server)
                to_server.close()
        except OSError:
            _reset(to_client)  # no connection to the server
        finally:
            self._writers.discard(to_client)
            to_client.close()

    async def _pump(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, forwards: asyncio.Event
    ) -> None:
        """Forward data until one side closes, or raise `OSError` if it has broken."""
        while data := await source.read(READ_BYTES):
            await asyncio.sleep(self._delay_seconds)
            await forwards.wait()
            target.write(data)
            await target.drain()

    async def _close(self) -> None:
        self._server.close()
        self._reset_all()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _run(self, work: Coroutine[None, None, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST, like a broken connection."""
    connection = writer.get_extra_info("socket")
    if connection.fileno() >= 0:  # else it has just been closed
        no_lingering = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
    writer.transport.abort()
