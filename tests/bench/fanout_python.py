"""Peers in Python, on uvloop: `websockets` with its broadcast(), and picows with prebuilt frames on raw transports.

python fanout_python.py websockets|picows PORT PUBLISH_PORT
"""

import asyncio
import sys
from collections.abc import Callable

import uvloop


async def read_lines(port: int, publish: Callable[[bytes], None]) -> asyncio.Server:
    async def feed(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            publish(line[:-1])

    return await asyncio.start_server(feed, "127.0.0.1", port)


async def serve_websockets(port: int, publish_port: int) -> None:
    from websockets.asyncio.server import ServerConnection, broadcast, serve

    sockets: set[ServerConnection] = set()

    async def handle(socket: ServerConnection) -> None:
        sockets.add(socket)
        try:
            await socket.wait_closed()
        finally:
            sockets.discard(socket)

    await read_lines(publish_port, lambda line: broadcast(sockets, line.decode()))
    async with serve(handle, "127.0.0.1", port, compression=None, backlog=2048) as server:
        await server.serve_forever()


async def serve_picows(port: int, publish_port: int) -> None:
    import picows

    transports: set[picows.WSTransport] = set()

    class Listener(picows.WSListener):
        def on_ws_connected(self, transport: picows.WSTransport) -> None:
            transports.add(transport)

        def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
            if frame.msg_type == picows.WSMsgType.CLOSE:
                transport.send_close(frame.get_close_code(), frame.get_close_message())
                transport.disconnect()
            elif frame.msg_type == picows.WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())

        def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
            transports.discard(transport)

    def publish(line: bytes) -> None:
        for transport in transports:
            transport.send(picows.WSMsgType.TEXT, line)

    await read_lines(publish_port, publish)
    server = await picows.ws_create_server(lambda _request: Listener(), "127.0.0.1", port, backlog=2048)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    body = {"websockets": serve_websockets, "picows": serve_picows}[sys.argv[1]]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(body(int(sys.argv[2]), int(sys.argv[3])))
