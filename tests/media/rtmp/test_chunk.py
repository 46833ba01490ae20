import struct

import pytest

from media.rtmp.chunk import ChunkReader, Limits, Message, write_message
from media.rtmp.errors import RtmpError
from tests.media.rtmp.client import chunked


def read(data: bytes, step: int = 0, reader: ChunkReader | None = None) -> list[tuple[int, int, bytes]]:
    reader = reader or ChunkReader()
    found = []
    pieces = [data[at : at + step] for at in range(0, len(data), step)] if step else [data]
    for piece in pieces:
        reader.feed(piece)
        while (message := reader.next_message()) is not None:
            found.append((message.kind, message.time_ms, message.body))
    return found


def fmt1(lane: int, delta: int, kind: int, body: bytes) -> bytes:
    return bytes((0x40 | lane,)) + delta.to_bytes(3, "big") + len(body).to_bytes(3, "big") + bytes((kind,)) + body


def test_all_header_forms():
    data = (
        chunked(9, b"one", time_ms=1000, lane=4, stream=1)
        + fmt1(4, 40, 9, b"two!")
        + b"\x84\x00\x00\x14" + b"3333"
        + b"\xc4" + b"4444"
    )  # fmt: skip
    expected = [(9, 1000, b"one"), (9, 1040, b"two!"), (9, 1060, b"3333"), (9, 1080, b"4444")]
    assert read(data) == expected
    assert read(data, step=1) == expected


def test_long_chunk_stream_ids():
    short = chunked(8, b"a", lane=3)
    two = b"\x00" + bytes((200 - 64,)) + short[1:]
    three = b"\x01" + struct.pack("<H", 3000 - 64) + short[1:]
    assert read(short + two + three, step=1) == [(8, 0, b"a")] * 3
    reader = ChunkReader()
    read(two + b"\xc0" + bytes((200 - 64,)) + b"b", reader=reader)
    assert read(three + b"\xc1" + struct.pack("<H", 3000 - 64) + b"c", reader=reader)[1] == (8, 0, b"c")


def test_interleaved_messages():
    one, two = bytes(range(200)), bytes(reversed(range(200)))
    a, b = chunked(9, one, lane=6), chunked(8, two, lane=5)
    cut = 12 + 128
    data = a[:cut] + b[:cut] + a[cut:] + b[cut:]
    assert read(data, step=7) == [(9, 0, one), (8, 0, two)]


def test_headerless_message_after_absolute_time():
    near = chunked(9, b"x", time_ms=40, lane=6) + b"\xc6y"
    assert [time for _, time, _ in read(near)] == [40, 80], "the specification's reading: the time is the delta"
    late = chunked(9, b"x", time_ms=1_000_000, lane=6) + b"\xc6y"
    assert [time for _, time, _ in read(late)] == [1_000_000, 1_000_000], "no delta of a quarter of an hour"


@pytest.mark.parametrize("step", [0, 1, 3])
@pytest.mark.parametrize("repeats", [True, False])
def test_extended_time_with_and_without_repetition(step, repeats):
    body = bytes(range(250)) * 2
    time_ms = 0x01020304
    whole = chunked(9, body, time_ms=time_ms, lane=6)
    if not repeats:
        whole = whole[:16] + body[:128]
        for at in range(128, len(body), 128):
            whole += b"\xc6" + body[at : at + 128]
    assert read(whole + chunked(8, b"next", lane=5), step) == [(9, time_ms, body), (8, 0, b"next")]


def test_extended_delta_wraps_in_32_bits():
    data = chunked(9, b"x", time_ms=0xFFFFFFF0, lane=6) + fmt1(6, 0x20, 9, b"y")
    assert [time for _, time, _ in read(data)] == [0xFFFFFFF0, 0x10]


def test_chunk_size_changes_between_messages():
    reader = ChunkReader()
    body = bytes(300)
    assert read(chunked(9, body), reader=reader) == [(9, 0, body)]
    reader.set_chunk_bytes(300)
    assert read(chunked(9, body, size=300), reader=reader) == [(9, 0, body)]
    reader.set_chunk_bytes(0x7FFFFFFF)
    assert read(chunked(9, body, size=300), reader=reader) == [(9, 0, body)]
    for wrong in (0, 0x80000000):
        with pytest.raises(RtmpError):
            reader.set_chunk_bytes(wrong)


def test_abort_forgets_what_was_begun():
    reader = ChunkReader()
    begun = chunked(9, bytes(300), lane=6)[: 12 + 128]
    assert read(begun, reader=reader) == []
    assert reader.buffered_bytes >= 128
    reader.abort(6)
    reader.abort(99)
    assert reader.buffered_bytes == 0
    assert read(chunked(9, b"new", lane=6), reader=reader) == [(9, 0, b"new")]


def test_empty_message():
    assert read(chunked(9, b"") + chunked(8, b"a")) == [(9, 0, b""), (8, 0, b"a")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xc3", "without a header"),
        (b"\x83\x00\x00\x00", "without a header"),
        (b"\x03\x00\x00\x00\xff\xff\xff\x09\x00\x00\x00\x00", "message of 16777215 bytes"),
        (
            b"".join(chunked(9, b"a", lane=3).replace(b"\x03", b"\x00" + bytes((n,)), 1) for n in range(9)),
            "too many chunk",
        ),
    ],
)
def test_limits(data, reason):
    reader = ChunkReader(Limits(chunk_streams=8))
    with pytest.raises(RtmpError, match=reason):
        read(data, reader=reader)


def test_unfinished_messages_are_bounded_also_in_tiny_chunks():
    reader = ChunkReader(Limits(message_bytes=60_000, buffered_bytes=100_000))
    reader.set_chunk_bytes(1)
    data = chunked(9, bytes(50_000), size=1)
    with pytest.raises(RtmpError, match="unfinished"):
        read(data, reader=reader)
    assert reader.buffered_bytes < 110_000
    many = ChunkReader(Limits(message_bytes=60_000, buffered_bytes=100_000))
    many.set_chunk_bytes(40_000)
    with pytest.raises(RtmpError, match="unfinished"):
        for lane in range(3, 9):
            read(chunked(9, bytes(50_000), lane=lane, size=40_000)[: 12 + 40_000], reader=many)


def test_limits_may_grow_later():
    reader = ChunkReader(Limits(message_bytes=100))
    reader.limits = Limits(message_bytes=1000)
    assert read(chunked(9, bytes(500)), reader=reader) == [(9, 0, bytes(500))]


def test_written_bytes():
    assert write_message(20, b"abc", chunk_stream=3, stream=1, chunk_bytes=2) == (
        b"\x03\x00\x00\x00\x00\x00\x03\x14\x01\x00\x00\x00" b"ab" b"\xc3" b"c"
    )  # fmt: skip
    reader = ChunkReader()
    reader.feed(write_message(20, bytes(70_000)[:300], chunk_stream=3, stream=7, chunk_bytes=128))
    assert reader.next_message() == Message(20, 7, 0, bytes(300))
