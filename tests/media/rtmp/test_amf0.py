import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.rtmp import amf0
from media.rtmp.errors import RtmpError

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=9), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(VALUES, max_size=4))
def test_what_is_written_is_read(values):
    try:
        assert amf0.decode(amf0.encode(*values)) == values
    except RtmpError as problem:
        assert "too deep" in str(problem)


def test_bytes_of_a_command():
    assert amf0.encode("a", 1, None, {"b": True}) == (
        b"\x02\x00\x01a" b"\x00\x3f\xf0\x00\x00\x00\x00\x00\x00" b"\x05" b"\x03\x00\x01b\x01\x01\x00\x00\x09"
    )  # fmt: skip


def test_types_that_are_read_only():
    assert amf0.decode(b"\x08\x00\x00\x00\x01\x00\x01a\x05\x00\x00\x09") == [{"a": None}]
    assert amf0.decode(b"\x0b" + struct.pack(">dh", 5.0, 0)) == [5.0]
    assert amf0.decode(b"\x0c\x00\x00\x00\x02hi") == ["hi"]
    assert amf0.decode(b"\x10\x00\x01T\x00\x01a\x01\x00\x00\x00\x09") == [{"a": False}]
    assert amf0.decode(b"\x03\x00\x01a\x05\x00\x00") == [{"a": None}], "an end marker that is left out"


@pytest.mark.parametrize(
    "data",
    [
        b"\x02\x00\x05abc",
        b"\x00\x00",
        b"\x0c\x80\x00\x00\x00x",  # a string of 2 GB
        b"\x0a\xff\xff\xff\xff",  # an array of 4 billion
        b"\x0a\x00\x00\x00\x01" * 50,
        b"\x0a\x00\x00\xff\xff" + b"\x05" * 65535,
        b"\x11\x05",
        b"\x03\x00\x01a",
    ],
)
def test_broken_values_are_refused(data):
    with pytest.raises(RtmpError):
        amf0.decode(data)


def test_long_strings_and_foreign_types():
    assert amf0.decode(amf0.encode("x" * 70_000)) == ["x" * 70_000]
    with pytest.raises(TypeError):
        amf0.encode(object())


def test_bytes_that_are_not_utf_8_do_not_raise():
    assert amf0.decode(b"\x02\x00\x02\xff\xfe") == ["��"]
