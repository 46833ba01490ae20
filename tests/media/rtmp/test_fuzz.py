import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from media.packet import Packet, Tracks
from media.rtmp.events import Faulted, PublishRequested
from media.rtmp.protocol import PUBLISHING_LIMITS, ServerConnection
from tests.media.rtmp.client import (
    HELLO,
    HELLO_AGAIN,
    IDR,
    aac_frame,
    avc_frame,
    chunked,
    command,
    connect,
    headers,
    opening,
    publish,
)

SESSION = (
    opening()
    + headers()
    + b"".join(
        avc_frame(ms, IDR if ms == 0 else IDR[:4] + b"\x41" + bytes(4)) + aac_frame(ms) for ms in range(0, 400, 40)
    )
    + chunked(9, b"\x17\x01\x00\x00\x00" + IDR + bytes(600), time_ms=0x1000000, lane=6, stream=1)
    + command("FCUnpublish", 6, None, "KEY")
    + command("deleteStream", 7, None, 1)
)
PARTS = [
    HELLO,
    HELLO_AGAIN,
    connect(),
    publish(),
    headers(),
    avc_frame(0, IDR),
    aac_frame(0),
    chunked(1, b"\x00\x00\x00\x01"),
]


def talk(pieces: list[bytes]) -> list[object]:
    """All events of a connection whose every publication is accepted; checks what must hold at any time."""
    connection = ServerConnection()
    events: list[object] = []
    for piece in pieces:
        new = list(connection.feed(piece))
        while new and isinstance(new[-1], PublishRequested):
            events += new
            new = list(connection.accept_publish())
        events += new
        chunks = connection._chunks
        assert chunks.buffered_bytes <= PUBLISHING_LIMITS.buffered_bytes + len(piece) + 64
        assert chunks.waiting_bytes <= 1024 * 1024 + len(piece)
        assert len(connection.data_to_send()) < 200 * len(piece) + 8192
        if connection.closing:
            break
    return events


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def test_the_session_is_a_good_one():
    events = talk([SESSION])
    assert not any(isinstance(event, Faulted) for event in events)
    assert sum(isinstance(event, Packet) for event in events) == 21


@given(st.lists(st.integers(0, 1 << 20), max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_split_gives_the_same_events(cuts):
    assert talk(split(SESSION, cuts)) == talk([SESSION])


def test_byte_by_byte_gives_the_same_events():
    assert talk([SESSION[at : at + 1] for at in range(len(SESSION))]) == talk([SESSION])


@given(data=st.binary(max_size=4096), handshake=st.booleans())
@settings(max_examples=150, deadline=None)
def test_arbitrary_bytes(data, handshake):
    talk([HELLO + HELLO_AGAIN + data if handshake else data])


@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(SESSION)), st.binary(min_size=1, max_size=4)), min_size=1, max_size=8
    ),
    cuts=st.lists(st.integers(0, 1 << 20), max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_mutated_sessions(changes, cuts):
    data = bytearray(SESSION)
    for at, new in changes:
        data[at : at + len(new)] = new
    whole = bytes(data)
    assert talk(split(whole, cuts)) == talk([whole])


@given(st.lists(st.sampled_from(PARTS) | st.binary(max_size=40), max_size=20))
@settings(max_examples=150, deadline=None)
def test_parts_in_any_order(parts):
    events = talk([HELLO + HELLO_AGAIN, *parts])
    last = {"video": -1, "audio": -1}
    for event in events:
        if isinstance(event, Tracks | PublishRequested):
            last = {"video": -1, "audio": -1} if isinstance(event, PublishRequested) else last
        if isinstance(event, Packet):
            assert event.dts >= last[event.kind]
            last[event.kind] = event.dts
