"""Readers of a room in a process of their own: each one notes when it gets which comment.

python -m tests.bench.comments_readers PORT ROOM COUNT

Says `ready N` when all are in. A line on standard input ends it; it answers with one line of JSON: comment id → moments
(ns of CLOCK_MONOTONIC, one for each reader that got it), and how many sockets were lost.
"""

import asyncio
import json
import os
import re
import sys
import time

POSTED = re.compile(rb'"type":"CommentPosted","comment":\{"id":(\d+)')
PING, CLOSE = 0x9, 0x8


class Reader(asyncio.Protocol):
    """One socket; its frames come whole or in pieces."""

    def __init__(self, port: int, room: str, found: dict[int, list[int]]) -> None:
        self.port, self.room, self.found = port, room, found
        self.buffer = b""
        self.shaken = self.joined = self.lost = False
        self.ready = asyncio.get_running_loop().create_future()

    def connection_made(self, transport) -> None:
        self.transport = transport
        transport.write(
            f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        self.buffer += data
        if not self.shaken:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head[:20]:
                self.transport.close()
                return
            self.shaken, self.buffer = True, rest
            self._send(0x1, json.dumps({"op": "join", "room": self.room, "ref": 1}).encode())
        while (frame := self._frame()) is not None:
            opcode, payload = frame
            if opcode == PING:
                self._send(0xA, payload)
            elif payload.startswith(b'{"op":"joined"') and not self.ready.done():
                self.ready.set_result(True)
            else:
                for number in POSTED.findall(payload):
                    self.found.setdefault(int(number), []).append(now)

    def connection_lost(self, _reason: Exception | None) -> None:
        self.lost = True
        if not self.ready.done():
            self.ready.set_result(False)

    def _frame(self) -> tuple[int, bytes] | None:
        have = self.buffer
        if len(have) < 2:
            return None
        length, at = have[1] & 0x7F, 2
        if length >= 126:
            width = 2 if length == 126 else 8
            if len(have) < at + width:
                return None
            length, at = int.from_bytes(have[at : at + width]), at + width
        if len(have) < at + length:
            return None
        self.buffer = have[at + length :]
        return have[0] & 0x0F, have[at : at + length]

    def _send(self, opcode: int, payload: bytes) -> None:
        mask = os.urandom(4)
        head = bytes([0x80 | opcode]) + (
            bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2)
        )
        masked = bytes(one ^ mask[index % 4] for index, one in enumerate(payload))
        self.transport.write(head + mask + masked)


async def main(port: int, room: str, count: int) -> None:
    loop = asyncio.get_running_loop()
    found: dict[int, list[int]] = {}
    readers: list[Reader] = []
    for begin in range(0, count, 50):
        some = [
            (await loop.create_connection(lambda: Reader(port, room, found), "127.0.0.1", port))[1]
            for _number in range(begin, min(count, begin + 50))
        ]
        readers += some
        async with asyncio.timeout(60):
            await asyncio.gather(*(one.ready for one in some))
    print(f"ready {sum(one.ready.result() for one in readers)}", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    print(json.dumps({"lost": sum(one.lost for one in readers), "got": found}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
