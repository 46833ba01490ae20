"""The mixing process: `python -m media.mixer.worker`. Orders on standard input, news on standard output.

It ends with its input, so it never outlives the server. Whatever a broken picture does to a decoder, it does it here.
"""

import argparse
import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Iterable
from typing import BinaryIO, Final

from media.codec.mix import Mix
from media.framing import encode
from media.mixer.protocol import Began, Feed, Gone, Made, News, Order, Ready, Setup, orders
from media.packet import CLOCK_HZ

READ_BYTES: Final = 64 * 1024
PR_SET_PDEATHSIG: Final = 1
PR_SET_NO_NEW_PRIVS: Final = 38
NICE: Final = 3
"""Behind the server, before what makes smaller pictures."""

MOST_MEMORY: Final = 2 << 30
MOST_FILES: Final = 64


class Session:
    """Orders in, news out."""

    def __init__(self) -> None:
        self._mix = Mix()
        self._began = False

    def follow(self, order: Order, now_90k: int) -> Iterable[News]:
        """What one order leads to. Raises `media.codec.mix.Cannot`."""
        mix = self._mix
        if isinstance(order, Setup):
            mix.begin(order.source, order.video, order.audio)
        elif isinstance(order, Gone):
            mix.end(order.source)
        else:
            assert isinstance(order, Feed)
            made = mix.feed(
                *(order.source, order.kind, order.data, order.dts, order.pts, order.at),
                key=order.key,
                late_90k=now_90k - order.at,
            )
            for one in made:
                if not self._began:
                    self._began = True
                    assert mix.base is not None
                    yield Began(mix.base, mix.video, mix.audio)
                yield Made(one.kind, one.pts, one.key, one.data)


def serve(source: BinaryIO, sink: BinaryIO, session: Session) -> None:
    """Until the source ends."""
    reader = orders()
    sink.write(encode(Ready()))
    sink.flush()
    while data := os.read(source.fileno(), READ_BYTES):
        for order in reader.feed(data):
            now_90k = int(time.monotonic() * CLOCK_HZ)
            sink.writelines(encode(news) for news in session.follow(order, now_90k))
            sink.flush()


def main(arguments: list[str] | None = None) -> None:
    """The command line; the server is its only user."""
    parser = argparse.ArgumentParser(prog="python -m media.mixer.worker", description="Host and guest in one picture")
    parser.add_argument("--parent", type=int, required=True, help="process id of the server")
    parent = parser.parse_args(arguments).parent
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the server has gone")
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends it in order
    serve(sys.stdin.buffer, sys.stdout.buffer, Session())


if __name__ == "__main__":
    main()
