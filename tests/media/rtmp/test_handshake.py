import hashlib
import hmac
import os

import pytest

from media.rtmp.errors import RtmpError
from media.rtmp.handshake import KEY_TAIL, PLAYER_KEY, SERVER_KEY, Handshake


def signed_c1(scheme: int) -> tuple[bytes, bytes]:
    """A client packet signed as Flash Player did; returns it and its digest."""
    c1 = bytes(4) + b"\x80\x00\x07\x02" + os.urandom(1528)
    at = scheme + 4 + sum(c1[scheme : scheme + 4]) % 728
    digest = hmac.new(PLAYER_KEY, c1[:at] + c1[at + 32 :], hashlib.sha256).digest()
    return c1[:at] + digest + c1[at + 32 :], digest


def test_simple_handshake_echoes():
    c1 = b"\x00\x00\x00\x07" + bytes(4) + os.urandom(1528)
    answer, rest = Handshake().feed(b"\x03" + c1)
    assert (len(answer), answer[:1], rest) == (1 + 2 * 1536, b"\x03", b"")
    s2 = answer[1537:]
    assert s2[:4] == c1[:4]
    assert s2[8:] == c1[8:]


@pytest.mark.parametrize("scheme", [8, 772])
def test_signed_handshake(scheme):
    c1, digest = signed_c1(scheme)
    answer, _ = Handshake().feed(b"\x03" + c1)
    s1, s2 = answer[1:1537], answer[1537:]
    at = scheme + 4 + sum(s1[scheme : scheme + 4]) % 728
    assert s1[at : at + 32] == hmac.new(SERVER_KEY, s1[:at] + s1[at + 32 :], hashlib.sha256).digest()
    key = hmac.new(SERVER_KEY + KEY_TAIL, digest, hashlib.sha256).digest()
    assert s2[-32:] == hmac.new(key, s2[:-32], hashlib.sha256).digest()


def test_a_wrong_signature_gets_the_simple_answer():
    c1 = bytes(4) + b"\x80\x00\x07\x02" + os.urandom(1528)
    answer, _ = Handshake().feed(b"\x03" + c1)
    assert answer[1537 + 8 :] == c1[8:]


def test_byte_by_byte_and_what_follows():
    handshake = Handshake()
    sent = b"\x03" + bytes(1536) + bytes(1536)
    answers = [handshake.feed(sent[at : at + 1]) for at in range(len(sent))]
    assert sum(1 for answer, _ in answers if answer) == 1
    assert handshake.done
    together = Handshake()
    assert together.feed(sent + b"more")[1] == b"more"


@pytest.mark.parametrize("first", [b"\x06", b"G", b"\x16", b"\x00"])
def test_other_protocols_are_refused_at_the_first_byte(first):
    with pytest.raises(RtmpError, match="not RTMP"):
        Handshake().feed(first)
