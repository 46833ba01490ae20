"""Framing: whatever the pipe cuts, the same messages come out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.framing import MAX_MESSAGE, ProtocolError, encode
from media.ladder.protocol import Began, Coded, Ended, Feed, Flush, Ready, Setup, news, orders
from media.ladder.rungs import RUNGS
from media.packet import Codec, VideoTrack

TRACK = VideoTrack(Codec.H264, b"\x01\x64\x00\x1f\xff", "avc1.64001f", 1280, 720)
ORDERS = [
    Setup(7, TRACK, RUNGS),
    Feed(7, -3, 2**40, key=True, data=b"\x00\x00\x00\x02\x65\x00"),
    Feed(7, 0, 0, key=False, data=b""),
    Flush(7),
]
NEWS = [Ready(), Began(7, (TRACK, TRACK)), Coded(7, 1, 3600, key=False, data=bytes(100_000)), Ended(7)]


@given(st.lists(st.integers(1, 70_000), max_size=12))
def test_orders_and_news_survive_any_cut(cuts: list[int]) -> None:
    for messages, reader in ((ORDERS, orders()), (NEWS, news())):
        data = b"".join(map(encode, messages))
        got = []
        for length in [*cuts, len(data)]:
            got += reader.feed(data[:length])
            data = data[length:]
        assert got == messages


def test_a_byte_at_a_time() -> None:
    reader = orders()
    data = b"".join(map(encode, ORDERS))
    assert [order for at in range(len(data)) for order in reader.feed(data[at : at + 1])] == ORDERS


def test_a_message_that_is_too_long_is_not_waited_for() -> None:
    with pytest.raises(ProtocolError):
        list(news().feed((MAX_MESSAGE + 1).to_bytes(4, "big")))


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x93\xa4Nope\x01\x02", b"\x92\xa5Ended\xa1x", b"\x91\xa5Coded"])
def test_nonsense_is_told_from_messages(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(news().feed(len(body).to_bytes(4, "big") + body))


def test_a_worker_is_not_told_news() -> None:
    with pytest.raises(ProtocolError):
        list(orders().feed(encode(Ready())))
