"""Frames: bytes in, bytes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Forbidden, Invalid, TooMany
from realtime import protocol


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('{"op":"join","room":"a/1","ref":3}', protocol.Join("a/1", 3)),
        (
            '{"op":"join","room":"a/1","since":{"epoch":"e","seq":9}}',
            protocol.Join("a/1", 0, protocol.Since("e", 9)),
        ),
        ('{"op":"leave","room":"a/1"}', protocol.Leave("a/1", 0)),
        ('{"op":"ping","ref":1,"unknown":true}', protocol.Ping(1)),
    ],
)
def test_client_frames(text: str, frame: protocol.ClientFrame) -> None:
    assert protocol.decode(text) == frame


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "null",
        '{"op":"shout","room":"a"}',
        '{"op":"join"}',
        '{"op":"join","room":""}',
        '{"op":"join","room":"' + "x" * 201 + '"}',
        '{"op":"join","room":7}',
        '{"op":"join","room":"a","ref":-1}',
        '{"op":"join","room":"a","ref":9007199254740992}',
        '{"op":"join","room":"a","since":{"epoch":"e","seq":"9"}}',
        '{"op":"join","room":"a","since":17}',
        '{"op":"ping","ref":1.5}',
        "[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_other_frames_are_refused(text: str | bytes) -> None:
    with pytest.raises(Invalid):
        protocol.decode(text)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_nothing_else_than_invalid_is_raised(text: str | bytes) -> None:
    try:
        frame = protocol.decode(text)
    except Invalid:
        return
    assert isinstance(frame, protocol.ClientFrame)


@pytest.mark.parametrize(
    ("length", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_length_of_wire_frames(length: int, head: bytes) -> None:
    payload = b"x" * length
    assert protocol.text_frame(payload) == head + payload


def test_joined_holds_a_snapshot_or_resumes() -> None:
    import msgspec

    fresh = protocol.encode(protocol.Joined(1, "a", "e", 4, snapshot=msgspec.Raw(b'{"n":1}')))
    assert fresh[2:] == b'{"op":"joined","ref":1,"room":"a","epoch":"e","seq":4,"snapshot":{"n":1}}'
    resumed = protocol.encode(protocol.Joined(1, "a", "e", 4, resumed=True))
    assert resumed[2:] == b'{"op":"joined","ref":1,"room":"a","epoch":"e","seq":4,"resumed":true}'


def test_refusal_has_the_form_of_problem_details() -> None:
    refused = protocol.refusal(Forbidden(), 8, "a/1")
    assert (refused.ref, refused.status, refused.code, refused.room) == (8, 403, "forbidden", "a/1")
    assert protocol.refusal(TooMany(12), None).retry_after_s == 12
    assert protocol.refusal(TooMany(12), None).detail == "Try again in 12 s"
