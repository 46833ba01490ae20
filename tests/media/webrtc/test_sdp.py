"""Offers of real clients and of nobody; answers line by line."""

import aiortc.sdp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.packet import Codec, Tracks, VideoTrack
from media.webrtc.sdp import (
    Agreed,
    BadOffer,
    Direction,
    Fingerprint,
    Local,
    NotAcceptable,
    choose_h264,
    read_fragment,
    read_offer,
    write_answer,
)
from media.webrtc.whep import plan_viewing
from media.webrtc.whip import plan_publication

PRINT = ":".join(["AB"] * 32)
HEAD = f"""v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=ice-ufrag:user
a=ice-pwd:passwordpasswordpassword
a=fingerprint:sha-256 {PRINT}
a=setup:actpass
"""
AUDIO = """m=audio 9 UDP/TLS/RTP/SAVPF 111 0
c=IN IP4 0.0.0.0
a=mid:0
a=sendonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:0 PCMU/8000
"""
VIDEO = """m=video 9 UDP/TLS/RTP/SAVPF 96 102 108 103
c=IN IP4 0.0.0.0
a=mid:1
a=sendonly
a=rtcp-mux
a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=candidate:1 1 udp 2122260223 192.0.2.9 50000 typ host
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack pli
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtcp-fb:102 nack pli
a=rtcp-fb:102 transport-cc
a=rtpmap:108 H264/90000
a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640032
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
"""
OFFER = HEAD + AUDIO + VIDEO
WATCHING = OFFER.replace("sendonly", "recvonly")
LOCAL = Local("ours", "secret", Fingerprint("sha-256", PRINT), "passive", ("1 1 udp 9 192.0.2.2 40100 typ host",))
HIGH = Tracks(VideoTrack(Codec.H264, b"", "avc1.64001f", 1280, 720))


def test_an_offer_is_read():
    offer = read_offer(OFFER)
    assert (offer.user, offer.password, offer.setup) == ("user", "passwordpasswordpassword", "auto")
    assert offer.fingerprints == (Fingerprint("sha-256", PRINT),)
    assert offer.candidates == ("1 1 udp 2122260223 192.0.2.9 50000 typ host",)
    video = offer.section("video")
    assert (video.sends, video.receives, video.abs_send_time) == (True, False, 3)
    assert [one.name for one in video.codings] == ["vp8", "h264", "h264", "rtx"]


def test_h264_comes_before_vp8_and_constrained_baseline_first():
    plan = plan_publication(read_offer(OFFER))
    assert plan.video.coding.payload_type == 102
    assert plan.audio.coding.payload_type == 111


def test_the_streams_profile_is_preferred_where_it_is_offered():
    plan = plan_viewing(read_offer(WATCHING), HIGH)
    assert plan["video"].coding.payload_type == 108
    assert plan["video"].direction is Direction.SEND
    codings = read_offer(WATCHING).section("video").codings
    assert choose_h264(codings, "4d001f").payload_type == 102


def test_the_answer_says_what_was_agreed():
    offer = read_offer(OFFER)
    plan = plan_publication(offer)
    text = write_answer(offer, LOCAL, plan.agreed())
    lines = text.split("\r\n")
    assert "a=group:BUNDLE 0 1" in lines
    assert [line for line in lines if line.startswith("m=")] == [
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "m=video 9 UDP/TLS/RTP/SAVPF 102",
    ]
    assert lines.count("a=recvonly") == 2
    assert lines.count("a=setup:passive") == 2
    assert lines.count("a=candidate:1 1 udp 9 192.0.2.2 40100 typ host") == 1
    assert "a=rtpmap:102 H264/90000" in lines
    assert "a=rtcp-fb:102 nack pli" in lines
    assert "a=rtcp-fb:102 transport-cc" not in text
    assert any(line.startswith("a=fmtp:102 ") and "x-google-start-bitrate=2000" in line for line in lines)
    assert "a=fmtp:111 minptime=10;useinbandfec=1" in lines
    read_back = aiortc.sdp.SessionDescription.parse(text)
    assert [one.kind for one in read_back.media] == ["audio", "video"]


def test_sections_that_nobody_wants_are_refused_one_by_one():
    offer = read_offer(WATCHING + VIDEO.replace("a=mid:1", "a=mid:2").replace("m=video 9", "m=video 0"))
    plan = plan_viewing(offer, HIGH)
    one = plan["video"]
    sent = Agreed(one.section, one.coding, one.direction, ssrc=77, feedback=one.feedback)
    lines = write_answer(offer, LOCAL, [sent]).split("\r\n")
    assert "a=group:BUNDLE 1" in lines
    assert [line[:12] for line in lines if line.startswith("m=")] == ["m=audio 0 UD", "m=video 9 UD", "m=video 0 UD"]
    assert "a=ssrc:77 cname:gryf" in lines


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "v=0",
        HEAD,
        OFFER.replace("a=ice-pwd:passwordpasswordpassword\n", ""),
        OFFER.replace(f"a=fingerprint:sha-256 {PRINT}\n", ""),
        OFFER.replace("a=setup:actpass\n", ""),
        OFFER.replace("a=rtcp-mux\n", ""),
        OFFER.replace("a=group:BUNDLE 0 1\n", ""),
        OFFER.replace("a=mid:1", "a=mid:0"),
        OFFER.replace("48000/2", "fast"),
        HEAD + VIDEO * 20,
        "m=video x\n" * 50,
    ],
)
def test_what_is_no_offer_is_said_so(text):
    with pytest.raises(BadOffer):
        read_offer(text)


@given(
    cut=st.integers(0, len(OFFER)),
    piece=st.text("a=m:video audio0123456789/\n\r\x00é", max_size=30),
    length=st.integers(0, 40),
)
def test_a_damaged_offer_is_read_or_refused(cut, piece, length):
    try:
        offer = read_offer(OFFER[:cut] + piece + OFFER[cut + length :])
        plan = plan_publication(offer)
    except (BadOffer, NotAcceptable):
        return
    answer = write_answer(offer, LOCAL, plan.agreed())
    assert answer.count("m=") >= 1


def test_nothing_that_can_be_taken():
    with pytest.raises(NotAcceptable):
        plan_publication(read_offer(OFFER.replace("H264", "H265").replace("VP8", "AV1").replace("opus", "speex")))
    with pytest.raises(NotAcceptable):
        plan_publication(read_offer(WATCHING))
    with pytest.raises(NotAcceptable):
        plan_viewing(read_offer(WATCHING.replace("H264", "VP9")), HIGH)
    with pytest.raises(NotAcceptable):
        plan_viewing(read_offer(OFFER), HIGH)


def test_sound_alone_can_be_heard_without_h264():
    plan = plan_viewing(read_offer(WATCHING.replace("H264", "VP9")), Tracks())
    assert set(plan) == {"audio"}


def test_trickled_candidates():
    found = read_fragment("a=ice-ufrag:user\r\na=ice-pwd:pass\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
                          "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n")  # fmt: skip
    assert (found.user, found.candidates, found.ended) == ("user", ("1 1 udp 1 192.0.2.1 9 typ host",), True)
    with pytest.raises(BadOffer):
        read_fragment("hello")
