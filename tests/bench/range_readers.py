"""Many players of recordings in one process: each asks for a range, reads it, and asks for the next at once."""

import argparse
import asyncio
import random
import sys
from urllib.parse import urlsplit

import msgspec
import uvloop

from tests.bench.viewers import HEADERS, LENGTH


class Outcome(msgspec.Struct):
    """What all connections together got."""

    requests_s: float
    mbit_s: float
    errors: list[str]


class Crowd:
    """What all connections share. `length` in bytes; 0: whole files, one after another."""

    def __init__(self, addresses: list[str], length: int, size: int) -> None:
        self.parts = [urlsplit(address) for address in addresses]
        self.host, self.port = self.parts[0].hostname or "", self.parts[0].port or 80
        self.length, self.size = length, size
        self.buffer = memoryview(bytearray(1024 * 1024))
        self.random = random.Random(1)  # the same offsets in every run, for every server
        self.requests = 0
        self.bytes = 0
        self.errors: list[str] = []

    def request(self) -> bytes:
        parts = self.parts[self.requests % len(self.parts)]
        wanted = ""
        if self.length:
            begin = self.random.randrange(0, self.size - self.length)
            wanted = f"Range: bytes={begin}-{begin + self.length - 1}\r\n"
        return f"GET {parts.path} HTTP/1.1\r\n{wanted}{HEADERS.format(host=parts.netloc)}".encode()


class Reader(asyncio.BufferedProtocol):
    """One connection."""

    __slots__ = ("_crowd", "_head", "_left", "_transport")

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._transport: asyncio.Transport
        self._head = b""
        self._left = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] - a TCP connection's is a Transport
        self._transport.write(self._crowd.request())

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self._crowd.buffer

    def buffer_updated(self, nbytes: int) -> None:
        crowd = self._crowd
        crowd.bytes += nbytes
        if self._left < 0:
            self._head += bytes(crowd.buffer[:nbytes])
            end = self._head.find(b"\r\n\r\n") + 4
            if end < 4:
                return
            if not self._head.startswith((b"HTTP/1.1 206", b"HTTP/1.1 200")) or not (
                length := LENGTH.search(self._head)
            ):
                crowd.errors.append(self._head[:120].decode(errors="replace"))
                self._transport.abort()
                return
            self._left = int(length[1]) - (len(self._head) - end)
        else:
            self._left -= nbytes
        if self._left == 0:
            crowd.requests += 1
            self._head, self._left = b"", -1
            self._transport.write(crowd.request())


async def read(crowd: Crowd, connections: int, warm_up_s: float, seconds: float) -> Outcome:
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Reader(crowd), crowd.host, crowd.port)
    await asyncio.sleep(warm_up_s)
    requests, got, began = crowd.requests, crowd.bytes, loop.time()
    await asyncio.sleep(seconds)
    took_s = loop.time() - began
    return Outcome(
        round((crowd.requests - requests) / took_s, 1),
        round((crowd.bytes - got) * 8 / took_s / 1e6, 1),
        sorted(set(crowd.errors)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("addresses", nargs="+")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--length", type=int, default=500_000, help="bytes of each range; 0 asks for whole files")
    parser.add_argument("--size", type=int, default=0, help="bytes of the file")
    parser.add_argument("--warm-up", type=float, default=1)
    parser.add_argument("--seconds", type=float, default=4)
    chosen = parser.parse_args()
    crowd = Crowd(chosen.addresses, chosen.length, chosen.size)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(read(crowd, chosen.connections, chosen.warm_up, chosen.seconds))
    sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")


if __name__ == "__main__":
    main()
