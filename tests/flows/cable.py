"""The cable between an encoder and the server: it can be pulled and put in again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Cable:
    """Carries TCP both ways. While it is pulled nothing passes and nobody is told: no FIN, no RST, no data."""

    def __init__(self, port: int) -> None:
        """`port`: the server's, on this machine."""
        self.port = 0
        """Where encoders connect."""
        self._target = port
        self._whole = asyncio.Event()
        self._whole.set()
        self._tasks: set[asyncio.Task[None]] = set()

    def pull(self) -> None:
        self._whole.clear()

    def plug(self) -> None:
        self._whole.set()

    async def start(self) -> asyncio.Server:
        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._carry(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        server = await asyncio.start_server(begin, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._whole.wait()
        away = None
        try:
            back, away = await asyncio.open_connection("127.0.0.1", self._target)
            done, rest = await asyncio.wait(
                [asyncio.ensure_future(self._pump(reader, away)), asyncio.ensure_future(self._pump(back, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
            del done
            for other in rest:
                other.cancel()
        except OSError:
            pass
        finally:
            for end in (writer, away):
                if end is not None:
                    end.close()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                await self._whole.wait()
                target.write(data)
                await target.drain()
        await self._whole.wait()


@contextlib.asynccontextmanager
async def cable(port: int) -> AsyncIterator[Cable]:
    found = Cable(port)
    server = await found.start()
    try:
        yield found
    finally:
        found.plug()
        server.close()
        await found.stop()
