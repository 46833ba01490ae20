"""Many LL-HLS viewers in one process: each holds a playlist reload, then fetches the part that came, again and again.

A viewer is a connection and a state machine without tasks, so that the clients' core can carry thousands. The delay of a
part is counted from the moment its last frame was due (`prft` and the playlist's duration) to its last byte here, less
the least such delay: the encoder's clock and ours do not start together.
"""

import argparse
import asyncio
import re
import socket
import statistics
import sys
import time
from urllib.parse import urlsplit

import msgspec
import uvloop

NTP_EPOCH_S = 2_208_988_800
LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: (\d+)\r\n")
PART = re.compile(rb'#EXT-X-PART:DURATION=([\d.]+),URI="(\d+)\.(\d+)\.m4s"')
HINT = re.compile(rb'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="(\d+)\.(\d+)\.m4s"')
HEADERS = (
    "Host: {host}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\n"
    "Accept: */*\r\nAccept-Language: pl\r\nReferer: http://{host}/council/sessions/xxxi\r\nSec-Fetch-Dest: empty\r\n"
    "Sec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\n\r\n"
)
"""As a browser sends them: reading headers is a good share of the work."""


class Outcome(msgspec.Struct):
    """Delays in milliseconds, of parts that came while we measured."""

    viewers: int
    parts: int
    expected: float
    """Parts that the viewers should have got in that time."""
    p50_ms: float
    p99_ms: float
    most_ms: float
    skipped: int
    """Parts that a viewer never asked for: it was too late."""
    errors: list[str]
    mbit_s: float


class Crowd:
    """What all viewers share."""

    def __init__(self, address: str, viewers: int) -> None:
        parts = urlsplit(address)
        self.host, self.port, self.path = parts.hostname or "", parts.port or 80, parts.path
        self.viewers = viewers
        self.buffer = memoryview(bytearray(512 * 1024))
        self.headers = HEADERS.format(host=parts.netloc).encode()
        self.measuring = False
        self.delays_s: list[float] = []
        self.least_s = float("inf")
        self.durations_s: list[float] = []
        self.skipped = 0
        self.bytes = 0
        self.errors: list[str] = []

    def request(self, file: str) -> bytes:
        return f"GET {self.path}{file} HTTP/1.1\r\n".encode() + self.headers


class Viewer(asyncio.BufferedProtocol):
    """One connection: a playlist, a part, a playlist, …"""

    __slots__ = ("_body", "_crowd", "_duration_s", "_head", "_last", "_left", "_on_part", "_transport")

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._transport: asyncio.Transport
        self._on_part = False
        self._head = b""
        self._body = b""
        self._left = -1
        """Bytes of the body that are still to come; −1 while the header is read."""
        self._last = (0, 0)
        self._duration_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] - a TCP connection's is a Transport
        self._ask("live.m3u8", on_part=False)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._crowd.measuring:
            self._crowd.errors.append(f"connection lost: {exc}")

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
            if not self._head.startswith(b"HTTP/1.1 200") or (length := LENGTH.search(self._head)) is None:
                crowd.errors.append(self._head[:120].decode(errors="replace"))
                self._transport.abort()
                return
            self._body = self._head[end:]
            self._left = int(length[1]) - len(self._body)
        else:
            self._left -= nbytes
            if not self._on_part:
                self._body += bytes(crowd.buffer[:nbytes])
        if self._left == 0:
            self._complete()

    def _complete(self) -> None:
        if self._on_part:
            self._note_part()
            self._ask(f"live.m3u8?_HLS_msn={self._last[0]}&_HLS_part={self._last[1]}", on_part=False)
            return
        hint = HINT.search(self._body)
        parts = list(PART.finditer(self._body, max(0, len(self._body) - 900)))
        if hint is None or not parts:
            self._crowd.errors.append("the stream ended")
            self._transport.abort()
            return
        part = parts[-1]
        there, coming = (int(part[2]), int(part[3])), (int(hint[1]), int(hint[2]))
        if self._crowd.measuring and self._last > (0, 0) and there > self._last and there != (self._last[0] + 1, 0):
            self._crowd.skipped += max(1, there[1] - self._last[1])
        self._last, self._duration_s = coming, float(part[1])
        self._ask(f"{there[0]}.{there[1]}.m4s", on_part=True)

    def _note_part(self) -> None:
        crowd = self._crowd
        began_s = int.from_bytes(self._body[16:24], "big") / 2**32 - NTP_EPOCH_S
        delay_s = time.time() - began_s - self._duration_s
        crowd.least_s = min(crowd.least_s, delay_s)
        if crowd.measuring:
            crowd.delays_s.append(delay_s)
            crowd.durations_s.append(self._duration_s)

    def _ask(self, file: str, *, on_part: bool) -> None:
        self._on_part, self._head, self._body, self._left = on_part, b"", b"", -1
        self._transport.write(self._crowd.request(file))


async def watch(crowd: Crowd, warm_up_s: float, seconds: float) -> Outcome:
    """Viewers come one after another for two thirds of the warm-up."""
    loop = asyncio.get_running_loop()
    began, pause_s = loop.time(), warm_up_s * 2 / 3 / crowd.viewers
    for number in range(crowd.viewers):
        sock = socket.socket()
        sock.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
        await loop.sock_connect(sock, (crowd.host, crowd.port))
        await loop.create_connection(lambda: Viewer(crowd), sock=sock)
        await asyncio.sleep(began + number * pause_s - loop.time())
    await asyncio.sleep(began + warm_up_s - loop.time())
    crowd.measuring, before, since = True, crowd.bytes, loop.time()
    await asyncio.sleep(seconds)
    crowd.measuring = False
    took_s = loop.time() - since
    delays = [delay_s - crowd.least_s for delay_s in sorted(crowd.delays_s)] or [float("inf")]
    part_s = statistics.fmean(crowd.durations_s or [1.0])
    return Outcome(
        viewers=crowd.viewers,
        parts=len(crowd.delays_s),
        expected=round(crowd.viewers * took_s / part_s, 1),
        p50_ms=round(delays[len(delays) // 2] * 1000, 1),
        p99_ms=round(delays[len(delays) * 99 // 100] * 1000, 1),
        most_ms=round(delays[-1] * 1000, 1),
        skipped=crowd.skipped,
        errors=sorted(set(crowd.errors)),
        mbit_s=round((crowd.bytes - before) * 8 / took_s / 1e6, 1),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("address", help="address of the stream's folder, with a slash at its end")
    parser.add_argument("--viewers", type=int, required=True)
    parser.add_argument("--warm-up", type=float, default=4)
    parser.add_argument("--seconds", type=float, default=8)
    chosen = parser.parse_args()
    crowd = Crowd(chosen.address, chosen.viewers)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(watch(crowd, chosen.warm_up, chosen.seconds))
    sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")


if __name__ == "__main__":
    main()
