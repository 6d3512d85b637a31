"""A TCP link that can be cut, held and slowed: a proxy in front of one server."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Self, TypeVar

from .ports import free_port

READ_BYTES = 65_536
Result = TypeVar("Result")


class Link:
    """Passes connections to its own `port` on to another port of this machine, as long as it may.

    In: the port of the server. What is held back is not lost: as with TCP it arrives later, unless
    the link is cut meanwhile.
    """

    def __init__(self, target_port: int) -> None:
        self.port = free_port()
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="link", daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._cut = False
        self._delay_seconds = 0.0
        self._requests_pass = asyncio.Event()
        self._answers_pass = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self.heal()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Reset every connection, and each further one at once."""
        self._run(self._change(cut=True))

    def hold(self) -> None:
        """Let nothing through in either direction; connections stay open."""
        self._run(self._change(requests=False, answers=False))

    def hold_responses(self) -> None:
        """Let requests through and no answers: the server acts and nobody hears of it."""
        self._run(self._change(answers=False))

    def slow(self, delay_seconds: float) -> None:
        """Let each piece wait so long in each direction."""
        self._run(self._change(delay_seconds=delay_seconds))

    def heal(self) -> None:
        """Pass everything on, at once."""
        self._run(self._change())

    async def _change(
        self,
        *,
        cut: bool = False,
        requests: bool = True,
        answers: bool = True,
        delay_seconds: float = 0.0,
    ) -> None:
        self._cut, self._delay_seconds = cut, delay_seconds
        for passes, event in ((requests, self._requests_pass), (answers, self._answers_pass)):
            if passes:
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
                    asyncio.ensure_future(self._pump(client, to_server, self._requests_pass)),
                    asyncio.ensure_future(self._pump(server, to_client, self._answers_pass)),
                ]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
            finally:
                self._writers.discard(to_server)
                to_server.close()
        except OSError:
            _reset(to_client)  # the server is away: so is the link
        finally:
            self._writers.discard(to_client)
            to_client.close()

    async def _pump(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, passes: asyncio.Event
    ) -> None:
        """Pass pieces on until one side closes; an `OSError` is the same as that."""
        while piece := await source.read(READ_BYTES):
            await asyncio.sleep(self._delay_seconds)
            await passes.wait()
            target.write(piece)
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
    """Close without a word (RST), as a connection that broke."""
    connection = writer.get_extra_info("socket")
    if connection.fileno() >= 0:  # else the other side has ended it just now
        no_lingering = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
    writer.transport.abort()
