"""A network between processes and a server, which can fall silent: nothing is closed, nothing passes any more."""

import asyncio
import contextlib


class Link:
    """Forwards TCP connections from a port of its own."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self._to = port
        self._passes = asyncio.Event()
        self._passes.set()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def fall_silent(self) -> None:
        self._passes.clear()

    def speak(self) -> None:
        self._passes.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        far: asyncio.StreamWriter | None = None
        try:
            await self._passes.wait()
            answers, far = await asyncio.open_connection("127.0.0.1", self._to)
            await asyncio.gather(self._forward(reader, far), self._forward(answers, writer))
        except OSError:
            pass  # the server is away: whoever asked is cut
        finally:
            for one in (writer, far):
                if one is not None:
                    one.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._passes.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
