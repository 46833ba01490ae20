"""Feeds the RTMP protocol with what atheris invents: `python tools/fuzz_rtmp.py [libFuzzer options] [corpus]`.

atheris is not among the locked packages; install it beside them. The first byte of an input says in what pieces it
comes, and whether it goes on behind a handshake (odd) or behind an accepted publication (even).
"""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from media.rtmp.events import PublishRequested
from media.rtmp.protocol import PUBLISHING_LIMITS, ServerConnection
from tests.media.rtmp.client import HELLO, HELLO_AGAIN, opening


def talk(data: bytes) -> None:
    """One input. Raises whatever the protocol should not have let out, and AssertionError where a bound is broken."""
    if not data:
        return
    connection = ServerConnection()
    connection.feed(HELLO + HELLO_AGAIN if data[0] % 2 else opening())
    connection.accept_publish()
    step = data[0] // 2 or len(data)
    for at in range(1, len(data), step):
        events = connection.feed(data[at : at + step])
        while events and isinstance(events[-1], PublishRequested):
            events = connection.accept_publish()
        connection.data_to_send()
        chunks = connection._chunks  # noqa: SLF001 - the bound that is tested
        assert chunks.buffered_bytes <= PUBLISHING_LIMITS.buffered_bytes + len(data)
        assert chunks.waiting_bytes <= len(data) + 64


def main() -> None:
    """Runs until it finds something, or as long as libFuzzer's options say."""
    atheris = importlib.import_module("atheris")  # optional, so not at the top

    atheris.instrument_all()
    atheris.Setup(sys.argv, talk)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
