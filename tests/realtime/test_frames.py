"""The parser of clients' frames: bytes in, messages out; and the same bytes through the parser of `websockets`."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol

from realtime.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    FrameParser,
    Message,
    Violation,
    close_code,
    control_frame,
    unmasked,
)

MAX = 65_536
MASK = b"\x12\x34\x56\x78"


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, mask: bytes | None = MASK, rsv: int = 0) -> bytes:
    """A client's frame, written from the drawing in RFC 6455 §5.2."""
    head = bytes([fin << 7 | rsv << 4 | opcode])
    masked = 0x80 if mask is not None else 0
    if len(payload) < 126:
        head += bytes([masked | len(payload)])
    elif len(payload) < 65_536:
        head += bytes([masked | 126]) + len(payload).to_bytes(2, "big")
    else:
        head += bytes([masked | 127]) + len(payload).to_bytes(8, "big")
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def parsed(*data: bytes, max_bytes: int = MAX) -> tuple[list[Message], Violation | None]:
    parser = FrameParser(max_bytes)
    found = [message for piece in data for message in parser.feed(piece)]
    return found, parser.violation


def code_of(*data: bytes, max_bytes: int = MAX) -> int | None:
    violation = parsed(*data, max_bytes=max_bytes)[1]
    return violation.code if violation else None


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_every_length(opcode: int, length: int) -> None:
    payload = b"x" * length
    data: Any = payload.decode() if opcode == TEXT else payload
    assert parsed(frame(opcode, payload)) == ([Message(opcode, data)], None)


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 100, 4096])
def test_bytes_come_in_any_pieces(piece: int) -> None:
    data = frame(TEXT, b"one") + frame(PING, b"p") + frame(TEXT, b"y" * 70_000) + frame(TEXT, "zażółć".encode())
    pieces = [data[at : at + piece] for at in range(0, len(data), piece)]
    found, violation = parsed(*pieces, max_bytes=70_000)
    assert found == [Message(TEXT, "one"), Message(PING, b"p"), Message(TEXT, "y" * 70_000), Message(TEXT, "zażółć")]
    assert violation is None


def test_nothing_is_kept_while_nothing_is_missing() -> None:
    parser = FrameParser(MAX)
    parser.feed(frame(TEXT, b"hello"))
    assert parser._rest is None
    parser.feed(frame(TEXT, b"hello")[:-1])
    assert parser._rest is not None


def test_fragments_with_control_frames_between() -> None:
    data = [
        frame(TEXT, "zaż".encode()[:3], fin=False),
        frame(PING, b"there?"),
        frame(CONTINUATION, b"", fin=False),
        frame(PONG),
        frame(CONTINUATION, "zażółć".encode()[3:]),
    ]
    assert parsed(*data)[0] == [Message(PING, b"there?"), Message(PONG, b""), Message(TEXT, "zażółć")]
    binary = [frame(BINARY, b"\xff", fin=False), frame(CONTINUATION, b"\xfe")]
    assert parsed(*binary)[0] == [Message(BINARY, b"\xff\xfe")]


def test_empty_fragments_cost_nothing() -> None:
    parser = FrameParser(MAX)
    parser.feed(frame(TEXT, b"a", fin=False))
    for _ in range(1000):
        parser.feed(frame(CONTINUATION, fin=False))
    assert parser._fragments is not None
    assert len(parser._fragments.data) == 1
    assert parser.feed(frame(CONTINUATION, b"b")) == [Message(TEXT, "ab")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(TEXT, b"x", mask=None), 1002),
        (frame(PING, mask=None), 1002),
        (frame(TEXT, b"x", rsv=1), 1002),
        (frame(TEXT, b"x", rsv=2), 1002),
        (frame(TEXT, b"x", rsv=4), 1002),
        *((frame(opcode), 1002) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
        (frame(PING, fin=False), 1002),
        (frame(CLOSE, fin=False), 1002),
        (frame(PING, b"x" * 126), 1002),
        (frame(CONTINUATION, b"x"), 1002),
        (frame(CONTINUATION, b"x", fin=False), 1002),
        (frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002),
        (frame(TEXT, b"a", fin=False) + frame(BINARY, b"b", fin=False), 1002),
        (b"\x81\xfe\x00\x05" + MASK + b"12345", 1002),  # a short length said long
        (b"\x81\xff" + (65_535).to_bytes(8, "big"), 1002),
        (b"\x81\xff" + b"\xff" * 8, 1002),
        (frame(CLOSE, b"\x03"), 1002),
        *((frame(CLOSE, code.to_bytes(2, "big")), 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000)),
        (frame(CLOSE, (1000).to_bytes(2, "big") + b"\xff"), 1007),
        (frame(TEXT, b"\xff"), 1007),
        (frame(TEXT, b"\xed\xa0\x80"), 1007),  # a surrogate
        (frame(TEXT, b"\xf4\x90\x80\x80"), 1007),  # beyond Unicode
        (frame(TEXT, b"\xc0\xaf"), 1007),  # overlong
        (frame(TEXT, "ż".encode()[:1]), 1007),
        (frame(TEXT, "ż".encode()[:1], fin=False) + frame(CONTINUATION), 1007),
    ],
)
def test_what_is_against_the_protocol(data: bytes, code: int) -> None:
    assert code_of(data) == code
    assert code_of(*(data[at : at + 1] for at in range(len(data)))) == code


def test_what_is_too_big_is_known_before_it_comes() -> None:
    assert code_of(frame(TEXT, b"x" * 101, fin=True)[:8], max_bytes=100) == 1009
    assert code_of(b"\x82\xff" + (2**62).to_bytes(8, "big")) == 1009
    pieces = [frame(TEXT, b"x" * 60, fin=False), frame(CONTINUATION, b"x" * 41)[:3]]
    assert code_of(*pieces, max_bytes=100) == 1009
    assert code_of(frame(TEXT, b"x" * 60, fin=False), frame(CONTINUATION, b"x" * 40), max_bytes=100) is None


def test_bad_text_is_not_waited_for() -> None:
    assert code_of(frame(TEXT, b"a\xff", fin=False)) == 1007


def test_messages_before_a_violation_are_told_and_none_after_it() -> None:
    found, violation = parsed(frame(TEXT, b"good") + frame(3) + frame(TEXT, b"late"), frame(TEXT, b"later"))
    assert found == [Message(TEXT, "good")]
    assert violation == Violation(1002, "unknown opcode")


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4401, 4999])
def test_close_ends_it(code: int) -> None:
    payload = code.to_bytes(2, "big") + b"koniec"
    parser = FrameParser(MAX)
    assert parser.feed(frame(CLOSE, payload) + frame(TEXT, b"late")) == [Message(CLOSE, payload)]
    assert parser.closed
    assert parser.feed(frame(TEXT, b"later")) == []
    assert parser.violation is None
    assert close_code(payload) == code


def test_close_without_a_code() -> None:
    assert parsed(frame(CLOSE))[0] == [Message(CLOSE, b"")]
    assert close_code(b"") == 1005


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_masks_come_off(payload: bytes, mask: bytes) -> None:
    assert unmasked(payload, mask) == bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    assert unmasked(unmasked(payload, mask), mask) == payload


def test_our_control_frames_are_read_by_a_client() -> None:
    from websockets.protocol import CLIENT

    client = Protocol(CLIENT, state=OPEN)
    client.receive_data(control_frame(PING, b"hi") + control_frame(CLOSE, b"\x03\xe8bye"))
    assert [(each.opcode, each.data) for each in client.events_received()] == [
        (Opcode.PING, b"hi"),
        (Opcode.CLOSE, b"\x03\xe8bye"),
    ]


# against another implementation


def heard_by_websockets(data: bytes, max_bytes: int) -> tuple[list[tuple[int, bytes]], int | None]:
    """Whole messages as a server of `websockets` hears them, and the code with which it fails."""
    peer = Protocol(SERVER, state=OPEN, max_size=max_bytes)
    peer.receive_data(data)
    found: list[tuple[int, bytes]] = []
    opcode, parts = 0, b""
    for each in peer.events_received():
        if not isinstance(each, Frame):
            continue
        if each.opcode in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            opcode = int(each.opcode) if each.opcode is not Opcode.CONT else opcode
            parts += bytes(each.data)
            if each.fin:
                if opcode == TEXT:
                    try:
                        parts.decode()
                    except UnicodeDecodeError:  # it leaves this to its callers
                        return found, 1007
                found.append((opcode, parts))
                parts = b""
        else:
            found.append((int(each.opcode), bytes(each.data)))
            if each.opcode is Opcode.CLOSE:
                break
    problem = peer.parser_exc
    if isinstance(problem, PayloadTooBig):
        return found, 1009
    if isinstance(problem, UnicodeDecodeError):
        return found, 1007
    if isinstance(problem, ProtocolError):
        return found, 1002
    assert problem is None or isinstance(problem, EOFError)
    return found, None


payloads = st.one_of(
    st.text(max_size=40).map(str.encode),
    st.binary(max_size=40),
    st.sampled_from([125, 126, 300]).map(lambda n: b"a" * n),
)
close_payloads = st.builds(
    lambda code, text: code.to_bytes(2, "big") + text,
    st.sampled_from([0, 999, 1000, 1004, 1005, 1006, 1011, 1014, 1015, 2999, 3000, 4999, 5000, 65_535]),
    st.text(max_size=20).map(str.encode),
)
good_frames = st.one_of(
    st.builds(
        frame,
        st.sampled_from([TEXT, TEXT, BINARY, CONTINUATION]),
        payloads,
        fin=st.booleans(),
        mask=st.binary(min_size=4, max_size=4),
    ),
    st.builds(frame, st.sampled_from([PING, PONG]), st.binary(max_size=125)),
    st.builds(frame, st.just(CLOSE), st.one_of(st.just(b""), close_payloads)),
)
odd_frames = st.builds(
    frame,
    st.integers(0, 15),
    payloads,
    fin=st.booleans(),
    mask=st.one_of(st.none(), st.binary(min_size=4, max_size=4)),
    rsv=st.sampled_from([0, 0, 0, 1, 2, 4]),
)


@settings(max_examples=600, deadline=None)
@given(st.lists(st.one_of(good_frames, good_frames, good_frames, odd_frames), max_size=12), st.randoms())
def test_it_hears_what_websockets_hears(frames: list[bytes], chance: random.Random) -> None:
    data = b"".join(frames)
    max_bytes = 350
    expected, code = heard_by_websockets(data, max_bytes)
    parser, found = FrameParser(max_bytes), []
    at = 0
    while at < len(data):
        size = chance.choice([1, 2, 5, 50, 1000])
        found += parser.feed(data[at : at + size])
        at += size
    plain = [(each.opcode, each.data.encode() if isinstance(each.data, str) else each.data) for each in found]
    ours = parser.violation.code if parser.violation else None
    if ours == 1007 and code != 1007:
        # text in fragments: we do not wait for the end of what is bad already
        assert plain == expected[: len(plain)]
    elif parser.closed and parser._fragments is not None:
        # a close frame between fragments: RFC 6455 §5.4 lets control frames stand there, `websockets` no close frame
        assert plain[:-1] == expected
        assert code == 1002
    else:
        assert plain == expected
        # a frame that is wrong in two ways may be refused for either; the codes of each way stand in the tests above
        assert (ours is None) == (code is None)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_break_it(data: bytes) -> None:
    parser = FrameParser(300)
    for message in parser.feed(data):
        assert isinstance(message.data, str if message.opcode == TEXT else bytes)
    assert parser._rest is None or len(parser._rest) <= len(data)
