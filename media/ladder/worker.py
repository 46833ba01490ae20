"""The worker process: `python -m media.ladder.worker`. Orders on standard input, news on standard output.

It ends with its input, so it never outlives the server. Whatever a broken picture does to a decoder, it does it here.
"""

import argparse
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterable
from typing import BinaryIO, Final

from media.codec.ladder import Picture, Transcoder
from media.framing import encode
from media.ladder.protocol import Began, Coded, Ended, Feed, Flush, News, Order, Ready, Setup, orders

READ_BYTES: Final = 64 * 1024
PR_SET_PDEATHSIG: Final = 1
PR_SET_NO_NEW_PRIVS: Final = 38
MOST_FILES: Final = 64
MIB: Final = 1024 * 1024


class Session:
    """Orders in, news out."""

    def __init__(self, preset: str, threads: int) -> None:
        self._preset = preset
        self._threads = threads
        self._run = -1
        self._began = False
        self._transcoder: Transcoder | None = None

    def follow(self, order: Order) -> Iterable[News]:
        """What one order leads to. Raises `media.codec.ladder.Cannot`."""
        if isinstance(order, Setup):
            self._run = order.run
            self._began = False
            self._transcoder = Transcoder(order.track, order.rungs, self._preset, self._threads)
            return
        transcoder = self._transcoder
        if transcoder is None or order.run != self._run:
            return
        if isinstance(order, Feed):
            yield from self._tell(
                transcoder, transcoder.feed(order.data, order.dts, order.pts, key=order.key, every=order.every)
            )
        else:
            assert isinstance(order, Flush)
            yield from self._tell(transcoder, transcoder.flush())
            self._transcoder = None
            yield Ended(order.run)

    def _tell(self, transcoder: Transcoder, pictures: Iterable[Picture]) -> Iterable[News]:
        for picture in pictures:
            if not self._began:
                self._began = True
                yield Began(self._run, transcoder.tracks)
            yield Coded(self._run, picture.rung, picture.pts, picture.key, picture.data)


def serve(source: BinaryIO, sink: BinaryIO, session: Session) -> None:
    """Until the source ends."""
    reader = orders()
    sink.write(encode(Ready()))
    sink.flush()
    while data := os.read(source.fileno(), READ_BYTES):
        for order in reader.feed(data):
            sink.writelines(encode(news) for news in session.follow(order))
            sink.flush()


def main(arguments: list[str] | None = None) -> None:
    """The command line; the server is its only user."""
    parser = argparse.ArgumentParser(prog="python -m media.ladder.worker", description="Makes smaller pictures")
    parser.add_argument("--parent", type=int, required=True, help="process id of the server")
    parser.add_argument("--preset", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--cores", type=int, required=True)
    parser.add_argument("--nice", type=int, required=True)
    parser.add_argument("--memory-mib", type=int, required=True)
    options = parser.parse_args(arguments)
    _end_with_parent(options.parent)
    _confine(options.cores, options.nice, options.memory_mib)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends it in order
    serve(sys.stdin.buffer, sys.stdout.buffer, Session(options.preset, options.threads))


def _end_with_parent(parent: int) -> None:
    """A server that is killed takes its workers with it, even if something else holds their input open."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the server has gone")


def _confine(cores: int, nice: int, memory_mib: int) -> None:
    """Bounds what this process may take from the server beside it."""
    os.nice(nice)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mib * MIB, memory_mib * MIB))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        # The last cores: all workers share them, and the first stays with the server.
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, allowed[-min(cores, max(1, len(allowed) - 1)) :])


if __name__ == "__main__":
    main()
