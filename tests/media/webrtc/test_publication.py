"""What a publisher's packets become, without a network."""

from aiortc.rtp import RtcpPsfbPacket, RtpPacket

from media.packet import Kind
from media.stream import Stream
from media.webrtc.sdp import read_offer
from media.webrtc.whip import OTHER_SOURCE_S, Publication, plan_publication
from tests.media.webrtc.conftest import Heard
from tests.media.webrtc.test_rtp import IDR, PPS, SLICE, SPS
from tests.media.webrtc.test_sdp import OFFER


class Line:
    """A link that keeps what is sent."""

    def __init__(self):
        self.sent = []

    def send_rtcp(self, packets):
        self.sent += packets


def publication():
    found = Publication(plan_publication(read_offer(OFFER)), lambda _answers: None)
    found.stream, found.link = Stream("s"), Line()
    heard = Heard()
    found.stream.begin(found)
    found.stream.attach(heard)
    return found, heard


def packet(number, payload, ssrc=1, *, marker=True):
    made = RtpPacket(payload_type=102, sequence_number=number, timestamp=number * 3600, marker=int(marker))
    made.ssrc, made.payload = ssrc, payload
    return made.serialize()


KEY = b"\x78" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in (SPS, PPS, IDR))


def test_a_second_source_is_not_mixed_in():
    found, heard = publication()
    found.on_rtp(packet(1, KEY), 0)
    found.on_rtp(packet(900, KEY, ssrc=2), 0)
    found.on_rtp(packet(2, SLICE), 0)
    assert [one.dts for one in heard.packets][1] - heard.packets[0].dts == 3600
    assert len(heard.packets) == 2


def test_a_source_that_takes_over_after_a_silence_goes_on():
    found, heard = publication()
    found.on_rtp(packet(1, KEY), 0)
    found._sources[102].heard_at_s -= 2 * OTHER_SOURCE_S
    found.on_rtp(packet(60_000, KEY, ssrc=2), 0)
    assert [one.key for one in heard.packets] == [True, True]
    assert 0 < heard.packets[1].dts - heard.packets[0].dts < 90_000
    assert len(heard.tracks) == 1


def test_padding_and_noise_are_passed_over():
    found, heard = publication()
    for data in (b"", b"\x80", bytes(12), bytes(200), packet(1, b""), packet(2, b"\x7f\x00"), packet(3, KEY)):
        found.on_rtp(data, 0)
    assert [one.kind for one in heard.packets] == [Kind.VIDEO]


def test_what_no_browser_plays_ends_the_publication_with_a_sentence():
    found, _heard = publication()
    problems = []
    found.report_problem = problems.append
    found.link.ended = type("Ended", (), {"set": lambda _self: None})()
    high_444 = bytes.fromhex("67f4001f919b28")
    found.on_rtp(packet(1, b"\x78" + b"".join(len(u).to_bytes(2, "big") + u for u in (high_444, PPS, IDR))), 0)
    assert "4:2:0" in problems[0].message


def test_a_key_frame_is_asked_for_no_more_than_twice_a_second():
    found, _heard = publication()
    found.on_rtp(packet(1, SLICE), 0)
    for _try in range(5):
        found.request_key_frame()
    asked = [one for one in found.link.sent if isinstance(one, RtcpPsfbPacket) and one.fmt == 1]
    assert len(asked) == 1
    assert asked[0].media_ssrc == 1
